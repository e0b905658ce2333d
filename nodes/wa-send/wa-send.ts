import Mustache from 'mustache';
import type { Node, NodeAPI, NodeDef } from 'node-red';
import { CoreError } from '../../core/api.ts';
import { connector } from '../../runtime/connector.ts';
import { sendError } from '../../runtime/delivery.ts';
import { onInput } from '../../runtime/input.ts';
import { type PlanMessage, planOf } from '../../runtime/message.ts';
import { migrate, type WaSendConfig } from './config.ts';

/** Sends to the customer. 1 sent: `msg.whatsapp.message` is the outgoing one. */
export default function (RED: NodeAPI): void {
  const shared = connector(RED);

  function WaSend(this: Node, def: NodeDef): void {
    RED.nodes.createNode(this, def);
    const config = migrate(def);
    let sending = 0;
    const show = () => this.status(sending > 0 ? { fill: 'blue', shape: 'dot', text: `sending ${sending}` } : {});
    onInput(this, async (received, send) => {
      const msg = received as unknown as PlanMessage;
      if (config.account && shared.accounts.idOf(config.account) !== msg.whatsapp?.account?.id)
        throw new CoreError(
          'other_account',
          400,
          'An interaction is answered by its own account; choose that one, or leave the account empty.',
        );
      if (config.to)
        throw new CoreError('mode_unsupported', 400, 'Starting an interaction (to) is not supported by this version.');
      const content = render(config, msg);
      const queued = await shared.engine.run('queueSend', {
        node: this.id,
        ...planOf(msg),
        ...content,
        once: config.times === 'once',
      });
      const id = queued.message.id;
      sending++;
      show();
      // First listen, then look: the outcome may have come in between.
      const { done, cancel } = shared.delivery.sent(id);
      try {
        const now = await shared.engine.run('message', { message: id });
        const end = now.status === 'queued' ? await done : { status: now.status, error: now.error ?? null };
        const failed = sendError({ status: end.status, error: end.error });
        if (failed) throw failed;
      } finally {
        cancel();
        sending--;
      }
      const {
        version: _,
        interactionId: __,
        author: ___,
        ...message
      } = await shared.engine.run('message', { message: id });
      msg.whatsapp.message = message;
      this.status({ fill: 'green', shape: 'dot', text: 'sent' });
      send(msg);
    });
  }

  RED.nodes.registerType('wa-send', WaSend);
}

type Content = {
  text: string;
  type: 'text' | 'location' | 'button';
  content: { location?: Place; buttons?: { id: string; text: string }[] } | null;
};
type Place = { latitude: number; longitude: number; name?: string; address?: string };

/** The content of a mode. Nothing is escaped: it is text, not HTML. @throws CoreError `text_missing`, `location_invalid`, `mode_unsupported` */
function render(config: WaSendConfig, msg: PlanMessage): Content {
  const fill = (template: string) => Mustache.render(template, { ...msg, msg }, {}, { escape: (v) => String(v) });
  switch (config.mode) {
    case 'text':
      return { type: 'text', text: required(fill(config.text)), content: null };
    case 'location': {
      const latitude = Number(fill(config.location.latitude) || Number.NaN);
      const longitude = Number(fill(config.location.longitude) || Number.NaN);
      if (!(Math.abs(latitude) <= 90) || !(Math.abs(longitude) <= 180))
        throw new CoreError(
          'location_invalid',
          400,
          'The location needs a latitude and a longitude in decimal degrees.',
        );
      const location: Place = { latitude, longitude };
      if (config.location.name) location.name = fill(config.location.name);
      if (config.location.address) location.address = fill(config.location.address);
      return { type: 'location', text: '', content: { location } };
    }
    case 'buttons': {
      const buttons = config.buttons.map((b) => ({ id: b.id || fill(b.text), text: fill(b.text) }));
      if (buttons.length === 0) throw new CoreError('buttons_missing', 400, 'There is no button to send.');
      return { type: 'button', text: required(fill(config.text)), content: { buttons } };
    }
    default:
      throw new CoreError('mode_unsupported', 400, `The mode ${config.mode} is not supported by this version.`);
  }
}

function required(text: string): string {
  if (text.trim() === '') throw new CoreError('text_missing', 400, 'There is no text to send.');
  return text;
}
