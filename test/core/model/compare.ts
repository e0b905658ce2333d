import type { Model } from './centre.ts';

export type Row = Record<string, string | number | null>;

/** The conversations as the core has them, by the model's numbers. */
export function talksAre(rows: Row[], offers: Row[], ids: string[]): object {
  return Object.fromEntries(
    rows.map((r) => [
      ids.indexOf(String(r.id)),
      {
        status: r.status,
        agent: r.agent,
        tab: r.tab_open === 1,
        unread: r.unread,
        queue: r.queue_id,
        disposing: r.disposing,
        snoozed: r.snoozed_until,
        position: r.plan_position,
        node: r.step_node,
        kind: r.plan_position === 'at' ? r.step_kind : null,
        in: r.step_queue,
        since: r.plan_position === 'at' ? r.step_since : null,
        deadline: r.step_deadline,
        offers: offers
          .filter((o) => o.interaction_id === r.id && o.seq === r.plan_seq)
          .map((o) => `${o.agent} ${o.queue_id} ${o.expires_at}`)
          .sort(),
      },
    ]),
  );
}

/** The conversations as the model has them. */
export function talksShould(model: Model): object {
  return Object.fromEntries(
    model.talks.map((t) => [
      t.id,
      {
        status: t.open ? 'open' : 'closed',
        agent: t.agent,
        tab: t.tab,
        unread: t.unread,
        queue: t.queue,
        disposing: t.disposing,
        snoozed: t.snoozed,
        position: t.at ? 'at' : t.between ? 'between' : 'none',
        node: t.at?.node ?? t.between?.node ?? null,
        kind: t.at?.kind ?? null,
        in: t.at?.queue ?? null,
        since: t.at?.since ?? null,
        deadline: t.at?.deadline ?? t.between?.deadline ?? null,
        offers: (t.at?.offers ?? [])
          .filter((o) => o.state === 'ringing')
          .map((o) => `${o.agent} ${o.queue} ${o.expires}`)
          .sort(),
      },
    ]),
  );
}

/** The agents as the model has them. */
export function agentsShould(model: Model): object {
  return Object.fromEntries(
    model.agents.map((a) => [
      a.name,
      {
        presence: a.presence,
        pause: a.pause,
        disabled: a.disabled ? 1 : 0,
        load: model.load(a),
        ready: model.ready(a) ? 1 : 0,
      },
    ]),
  );
}
