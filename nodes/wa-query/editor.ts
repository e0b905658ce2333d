/** The wa-query edit dialog: a search as JSON, checked while it is written, or one that the message brings. */
import { checkSearch, type Problem as SearchProblem } from '../../core/search/language/check.ts';
import { isEnvironment } from '../shared/checks.ts';
import { liveDialog, type Problem } from '../shared/dialog/editor.ts';
import { byId, type CodeEditor, translator } from '../shared/red/editor.ts';
import { makeBuilder, makeReference } from './builder/editor.ts';
import { defaults as base } from './config.ts';
import { JsonError, lineOfPath, parseLocated } from './located-json.ts';

const t = translator('wa-query');
const PROPERTY = '#wa-query-property';

let editor: CodeEditor | null = null;

const dialog = liveDialog(t, (values) => {
  const search = String(values.search ?? '').trim();
  return values.searchType === 'msg' || search === '' || isEnvironment(search) ? [] : searchProblems(search);
});

/** The first thing that is wrong with a search, and the line on which it stands. */
function searchProblems(search: string): Problem[] {
  try {
    const { value, lines } = parseLocated(search);
    const checked = checkSearch(value);
    if ('search' in checked) return [];
    const problem = checked.problems[0] as SearchProblem;
    const reason = t(`problem.${problem.key}`, problem.values);
    const values = { line: lineOfPath(lines, problem.at), at: problem.at, reason };
    return [{ field: 'search', key: problem.at === '' ? 'whole' : 'search', values }];
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return [{ field: 'search', key: 'json', values: { line: error.line, column: error.column } }];
  }
}

const byMessage = (): boolean => byId<HTMLSelectElement>('node-input-searchType').value === 'msg';

const read = (): string => (byMessage() ? $(PROPERTY).typedInput('value').trim() : (editor?.getValue().trim() ?? ''));

/** Adds a condition to what is written, if that can be read. */
function add(condition: object): void {
  const written = editor?.getValue().trim() ?? '';
  let search: { conditions?: unknown };
  try {
    search = written === '' ? {} : (parseLocated(written).value as { conditions?: unknown });
  } catch {
    return;
  }
  if (typeof search !== 'object' || search === null) return;
  const conditions = Array.isArray(search.conditions) ? (search.conditions as unknown[]) : [];
  editor?.setValue(JSON.stringify({ ...search, conditions: [...conditions, condition] }, null, 2));
}

function close(): void {
  dialog.close();
  editor?.destroy();
  editor = null;
}

RED.nodes.registerType('wa-query', {
  category: 'whatsapp',
  color: '#9aa7b0',
  defaults: {
    configVersion: { value: base.configVersion },
    name: { value: base.name },
    search: { value: base.search, validate: dialog.why('search') },
    searchType: { value: base.searchType },
  },
  inputs: 1,
  outputs: 1,
  icon: 'wa-query.svg',
  paletteLabel: 'wa query',
  label() {
    return this.name || 'wa query';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  outputLabels() {
    return t('output.0');
  },
  oneditprepare() {
    const kind = byId<HTMLSelectElement>('node-input-searchType');
    const search = String(this.search ?? '');
    kind.value = this.searchType === 'msg' ? 'msg' : 'json';
    $(PROPERTY).typedInput({ default: 'msg', types: ['msg'] });
    $(PROPERTY).typedInput('value', byMessage() ? search || 'payload' : 'payload');
    const code = RED.editor.createEditor({
      id: 'wa-query-editor',
      mode: 'ace/mode/json',
      value: byMessage() ? '' : search,
      minimap: { enabled: false },
    });
    editor = code;
    const show = (): void => {
      byId<HTMLElement>('wa-query-written').hidden = byMessage();
      byId<HTMLElement>('wa-query-message').hidden = !byMessage();
      if (!byMessage()) code.resize();
    };
    kind.addEventListener('change', show);
    makeBuilder(byId<HTMLElement>('wa-query-builder'), t, add);
    makeReference(byId<HTMLElement>('wa-query-reference'), t);
    show();
    const changed = dialog.open(this, 'wa-query-form', () => ({ search: read(), searchType: kind.value }));
    code.getSession().on('change', changed);
  },
  oneditsave() {
    this.configVersion = base.configVersion;
    // Node-RED reads the field after this function.
    byId('node-input-search').value = read();
    close();
  },
  oneditcancel: close,
});
