import type { NodeAPI } from 'node-red';
import { registerWidget } from '../../runtime/widget.ts';

/** The agent desk as a Dashboard 2.0 widget. */
export default function (RED: NodeAPI): void {
  registerWidget(RED, 'ui-wa-desk');
}
