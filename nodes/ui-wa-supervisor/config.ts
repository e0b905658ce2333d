/** What a supervisor widget saves, one source for runtime and editor. */
export { defaults, migrate, type WidgetConfig as UiWaSupervisorConfig } from '../shared/widget/config.ts';
