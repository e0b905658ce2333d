/** Holds the provider's view, the store and the flow's outputs against each other. */
import { readFileSync } from 'node:fs';
import type { Done } from './agents.ts';
import { BUSY, FIRST, type Output, outputsOf, WELCOME } from './flows.ts';
import type { Run } from './matrix.ts';
import type { Acknowledged } from './phones.ts';
import type { Scene } from './scene.ts';

export interface Findings {
  violations: string[];
  /** What was looked at. */
  counts: Record<string, number>;
}

export interface Evidence {
  scene: Scene;
  runs: Map<number, Run>;
  acknowledged: Acknowledged[];
  done: Done;
  /** Sends whose answer the provider spoiled on purpose. */
  faults: number;
}

/** ms that a deadline may be late, besides those in which the process was kept from running by others. */
const LATE = 1000;
/** ms after which a hand-over is marked, under load. */
const MARKED = 1500;

// biome-ignore lint/suspicious/noExplicitAny: columns as the queries name them
type Row = Record<string, any>;

export function check(evidence: Evidence): Findings {
  const { office } = evidence.scene;
  const rows = (sql: string): Row[] => office.rows(sql);
  const outputs = readFileSync(outputsOf(office.userDir), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Output);
  const violations = [...evidence.scene.violations];
  const no = (what: string, found: unknown[]): void => {
    for (const one of found.slice(0, 10)) violations.push(`${what}: ${JSON.stringify(one)}`);
    if (found.length > 10) violations.push(`${what}: ${found.length} in all`);
  };
  const counts: Record<string, number> = {
    starts: evidence.runs.size,
    acknowledged: evidence.acknowledged.length,
    ...inbound(evidence, rows, outputs, no),
    ...steps(evidence, rows, outputs, no),
    ...agents(evidence, rows, no),
    ...sends(evidence, rows, no),
    ...leftovers(rows, no),
  };
  return { violations, counts };
}

type Rows = (sql: string) => Row[];
type No = (what: string, found: unknown[]) => void;

function inbound({ acknowledged, runs }: Evidence, rows: Rows, outputs: Output[], no: No): Record<string, number> {
  const stored = rows(`select m.id, m.provider_id, m.interaction_id, i.account_id, i.contact_id from message m
    join interaction i on i.id = m.interaction_id where m.direction = 'in' order by m.id`);
  const times = countBy(stored, (m) => m.provider_id);
  const known = new Set(acknowledged.map(({ id }) => id));
  no(
    'an acknowledged message is missing',
    acknowledged.filter(({ id }) => !times.has(id)),
  );
  no(
    'a message is stored twice',
    [...times].filter(([, n]) => n > 1),
  );
  no(
    'a message came from nobody',
    stored.filter((m) => !known.has(m.provider_id)),
  );
  no(
    'two interactions are open for one contact and account',
    rows(`select account_id, contact_id from interaction where status = 'open' group by 1, 2 having count(*) > 1`),
  );
  no(
    'two interactions of one contact and account were open at the same time',
    rows(`select a.id, b.id as other from interaction a join interaction b on a.account_id = b.account_id
      and a.contact_id = b.contact_id and a.id < b.id where a.closed_at is null or a.closed_at > b.started_at`),
  );

  // An agent may close what the flow has not got yet.
  no(
    'a step refused a message',
    outputs.filter(({ tag, error }) => tag === 'refused' && error !== 'interaction_closed'),
  );
  no(
    'a send failed otherwise than without an answer',
    outputs.filter(
      ({ tag, error }) => tag.endsWith('-failed') && !['ambiguous', 'interaction_closed'].includes(error!),
    ),
  );

  const first = new Map<string, Output>();
  const repeated: Output[] = [];
  for (const output of outputs.filter(({ tag }) => tag === 'in')) {
    const before = first.get(output.message);
    if (!before) first.set(output.message, output);
    else {
      repeated.push(output);
      if (before.run === output.run) no('a message was handed over twice in one run', [output]);
      else if (runs.get(before.run)!.endedAt - before.at > MARKED)
        no('a message was handed over again that the flow had long before the kill', [{ before, output }]);
    }
  }
  no(
    'a message never reached the flow',
    stored.filter((m) => !first.has(m.id)),
  );
  const latest = new Map<string, string>();
  for (const { interaction, message } of first.values()) {
    if ((latest.get(interaction) ?? '') > message) no('a message overtook an earlier one', [{ interaction, message }]);
    latest.set(interaction, message);
  }
  return {
    messages: stored.length,
    interactions: rows('select id from interaction').length,
    'repeated hand-overs': repeated.length,
  };
}

/** Every step ends once, in time. A forward may be repeated after a kill, but never with another end. */
function steps({ runs }: Evidence, rows: Rows, outputs: Output[], no: No): Record<string, number> {
  const ends = outputs.filter(({ tag }) => /^(plan|accepted|timeout)/.test(tag));
  const seen = new Map<string, Output>();
  let repeated = 0;
  for (const end of ends) {
    const key = `${end.interaction} ${end.seq}`;
    const before = seen.get(key);
    seen.set(key, end);
    if (!before) continue;
    repeated++;
    if (before.tag !== end.tag || before.outcome !== end.outcome || before.plan !== end.plan)
      no('a step ended in two ways', [{ before, end }]);
    if (before.run === end.run) no('an end of a step was forwarded twice in one run', [{ before, end }]);
  }
  const entered = new Map<string, Output>();
  let timeouts = 0;
  let lateAtWork = 0;
  let lateAfterRestart = 0;
  for (const output of outputs) {
    if (output.tag === 'welcomed' || output.tag === 'welcome-failed')
      entered.set(`${output.interaction} ${output.seq}`, output);
    if (output.tag !== 'timeout-first') continue;
    timeouts++;
    // The step has raised the seq twice, as it was entered and as it ended.
    const from = entered.get(`${output.interaction} ${output.seq - 2}`);
    if (!from) {
      no('a step ended that nobody entered', [output]);
      continue;
    }
    const deadline = from.at + FIRST * 1000;
    if (output.at < deadline) no('a step timed out early', [{ from, output }]);
    const run = runs.get(output.run)!;
    if (run.readyAt === null) continue;
    // A forward that is repeated comes as soon as the flows run again.
    const by = output.at - Math.max(deadline, run.readyAt);
    if (run.readyAt > deadline) lateAfterRestart = Math.max(lateAfterRestart, by);
    else lateAtWork = Math.max(lateAtWork, by);
    const starved = (output.starved ?? 0) - run.starved;
    if (by > LATE + starved)
      no(`a step timed out ${by} ms late, ${starved} of them without a processor`, [{ from, output, run }]);
  }
  no(
    'two agents accepted one step',
    rows(`select interaction_id, seq from offer where state = 'accepted' group by 1, 2 having count(*) > 1`),
  );
  return {
    'ends of steps': seen.size,
    'repeated forwards': repeated,
    timeouts,
    'ms that the latest timeout came after its deadline': lateAtWork,
    'ms that the latest timeout came after a restart': lateAfterRestart,
    offers: rows('select id from offer').length,
  };
}

function agents({ done }: Evidence, rows: Rows, no: No): Record<string, number> {
  const offers = new Map(rows('select * from offer').map((o) => [o.id, o]));
  no(
    'an accept that was answered is not stored',
    done.accepted.filter(({ offer, agent }) => {
      const row = offers.get(offer);
      return row?.state !== 'accepted' || row.agent !== agent;
    }),
  );
  const out = countBy(rows(`select text from message where direction = 'out'`), (m) => m.text);
  no(
    'an answer of an agent is not stored once',
    done.answered.filter(({ text }) => out.get(text) !== 1),
  );
  return {
    accepts: done.accepted.length,
    answers: done.answered.length,
    closes: done.closed.length,
    transfers: done.transferred,
    releases: done.released,
    rejects: done.rejected,
  };
}

function sends({ scene, runs, faults }: Evidence, rows: Rows, no: No): Record<string, number> {
  const atProvider = scene.office.simulator.sends();
  const times = countBy(atProvider, ({ text }) => text);
  no(
    'a message was sent twice',
    [...times].filter(([, n]) => n > 1),
  );
  const stored = rows(`select id, interaction_id, text, status, at, provider_id from message where direction = 'out'`);
  const byText = countBy(stored, (m) => m.text);
  no(
    'a message was sent that is not stored',
    [...times.keys()].filter((text) => !byText.has(text)),
  );
  no(
    'an automatic answer was given twice',
    [...byText].filter(([text, n]) => n > 1 && (text.startsWith(WELCOME) || text.startsWith(BUSY))),
  );
  no(
    'a message is called sent that was not sent',
    stored.filter(({ status, text }) => ['sent', 'delivered', 'read'].includes(status) && times.get(text) !== 1),
  );
  no(
    'a message came to no end',
    stored.filter(({ status }) => !['sent', 'delivered', 'read', 'ambiguous'].includes(status)),
  );
  const ambiguous = stored.filter(({ status }) => status === 'ambiguous');
  // Whoever waits in a queue for its contact may be at the provider long after it was written.
  const kills = [...runs.values()].map(({ endedAt }) => endedAt);
  const unexplained = ambiguous.filter(({ at }) => !kills.some((kill) => kill >= at && kill - at < 20_000));
  if (unexplained.length > faults) no('a message is ambiguous without a reason', unexplained);
  return {
    'sent messages': stored.length,
    'taken by the provider': atProvider.length,
    'marked ambiguous': ambiguous.length,
    'of these taken by the provider': ambiguous.filter(({ text }) => times.has(text!)).length,
    'answers spoiled by the provider': faults,
  };
}

/** At rest nothing may be left that says otherwise. */
function leftovers(rows: Rows, no: No): Record<string, number> {
  no('a hand-over is left', rows('select * from handover'));
  no('a send is left', rows('select * from outgoing'));
  no(
    'an interaction is left open',
    rows(`select id, agent, plan_position, step_node from interaction where status = 'open'`),
  );
  no('an offer rings', rows(`select * from offer where state = 'ringing'`));
  no(
    'a message waits for an interaction that does not',
    rows(`select interaction_id from step_message s join interaction i on i.id = s.interaction_id
      where i.plan_position = 'none'`),
  );
  no('an agent is thought busy', rows('select username, load from agent where load <> 0'));
  const reasons = rows(`select json_extract(data, '$.reason') as reason, count(*) as n from audit
    where event = 'plan-ended' group by 1`);
  no(
    'a step lost its node',
    rows(`select * from audit where event in ('step-orphaned', 'plan-loop', 'account-error')`),
  );
  return Object.fromEntries(reasons.map(({ reason, n }) => [`plans ended: ${reason}`, n]));
}

function countBy<T>(all: T[], key: (one: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const one of all) counts.set(key(one), (counts.get(key(one)) ?? 0) + 1);
  return counts;
}
