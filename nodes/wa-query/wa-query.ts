import type { Node, NodeAPI, NodeDef } from 'node-red';
import { CoreError } from '../../core/api.ts';
import { LONGEST_PAGE } from '../../core/search/language/fields.ts';
import { connector } from '../../runtime/connector.ts';
import { onInput } from '../../runtime/input.ts';
import { migrate, type WaQueryConfig } from './config.ts';
import { JsonError, parseLocated } from './located-json.ts';

interface QueryMessage {
  payload: unknown;
  total?: number;
  next?: string | null;
}

/** Searches interactions, with the rights of a supervisor: `msg.payload` is what was found, `msg.total` how many there are. */
export default function (RED: NodeAPI): void {
  const shared = connector(RED);

  function WaQuery(this: Node, def: NodeDef): void {
    RED.nodes.createNode(this, def);
    const config = migrate(def);
    onInput(this, async (received, send) => {
      const msg = received as unknown as QueryMessage;
      const search = searchOf(RED, config, msg);
      const { interactions, total, totalExact, next } = await shared.engine.run('search', { username: null, search });
      msg.payload = interactions;
      msg.total = total;
      msg.next = next;
      this.status({ fill: 'grey', shape: 'dot', text: `${total}${totalExact ? '' : '+'} found` });
      send(msg);
    });
  }

  RED.nodes.registerType('wa-query', WaQuery);
}

/**
 * What is searched for. A flow that does not page gets as much as there may be on one page.
 * @throws CoreError `value_missing`, `invalid_json`
 */
function searchOf(RED: NodeAPI, { search, searchType }: WaQueryConfig, msg: QueryMessage): unknown {
  if (searchType === 'json' && search !== '') return paged(parsed(search, 'The search of this node'));
  const property = search || 'payload';
  const given = RED.util.getMessageProperty(msg as never, property) as unknown;
  if (given === undefined || given === null || given === '')
    throw new CoreError('value_missing', 400, `msg.${property} gives no search. {} finds everything.`);
  if (typeof given === 'string') return paged(parsed(given, `msg.${property}`));
  try {
    // As it would travel: times become text, functions go.
    return paged(JSON.parse(JSON.stringify(given) ?? 'null'));
  } catch {
    throw new CoreError('invalid_search', 400, `msg.${property} cannot be a search: it contains itself.`);
  }
}

const paged = (search: unknown): unknown =>
  typeof search === 'object' && search !== null && !Array.isArray(search) ? { limit: LONGEST_PAGE, ...search } : search;

function parsed(text: string, what: string): unknown {
  try {
    return parseLocated(text).value;
  } catch (error) {
    if (error instanceof JsonError) throw new CoreError('invalid_json', 400, `${what} ${error.message}.`);
    throw error;
  }
}
