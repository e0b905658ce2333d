/** What a desk widget saves, one source for runtime and editor. */
export { defaults, migrate, type WidgetConfig as UiWaDeskConfig } from '../shared/widget/config.ts';
