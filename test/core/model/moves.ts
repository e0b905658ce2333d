/** Moves of the random games, small enough to be read in a counterexample. */
import fc from 'fast-check';
import { type Act, acts } from './desk.ts';
import { NODES } from './pair.ts';

const PEOPLE = ['anna', 'ben', 'carla', 'sue'] as const;
export const QUEUES = ['All', 'Few', 'Least', 'One'] as const;
export const TEAMS = [['*'], ['anna', 'ben'], ['carla'], ['ben', 'carla', 'sue']];

export type Move =
  | { do: 'write'; contact: number; onward: boolean; queue: (typeof QUEUES)[number] }
  | {
      do: 'enter';
      node: (typeof NODES)[number];
      which: number;
      queue: (typeof QUEUES)[number];
      agent: (typeof PEOPLE)[number];
      timeout: number;
      skip: boolean;
      loose: number;
    }
  | { do: 'desk'; act: Act; agent: (typeof PEOPLE)[number]; talk: number }
  | { do: 'transfer'; agent: (typeof PEOPLE)[number]; talk: number; to: string }
  | {
      do: 'presence';
      what: 'connect' | 'lose' | 'available' | 'break' | 'lunch' | 'leave' | 'leave all';
      agent: (typeof PEOPLE)[number];
      second: boolean;
    }
  | { do: 'admin'; what: 'disable' | 'enable' | 'narrow' | 'widen'; agent: (typeof PEOPLE)[number] }
  | { do: 'wait'; seconds: number }
  | {
      do: 'deploy';
      what: 'account' | 'queue' | 'remove queue' | 'restore' | 'remove node' | 'nothing';
      queue: (typeof QUEUES)[number];
      team: number;
      node: (typeof NODES)[number];
    }
  | { do: 'restart'; seconds: number };

const agent = fc.constantFrom(...PEOPLE);
const queue = fc.constantFrom(...QUEUES);
const node = fc.constantFrom(...NODES);
const kind = <K extends string>(value: K) => fc.constant(value);

const moves: { weight: number; arbitrary: fc.Arbitrary<Move> }[] = [
  { weight: 5, arbitrary: fc.record({ do: kind('write'), contact: fc.nat(2), onward: fc.boolean(), queue }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: kind('enter'),
      ...{ node, which: fc.nat(9), queue, agent },
      timeout: fc.constantFrom(0, 8, 25, 40),
      skip: fc.boolean(),
      // Mostly everything is wired.
      loose: fc.nat(9),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: kind('desk'),
      act: fc.constantFrom('accept', 'accept', 'reject', 'closing', ...(Object.keys(acts) as Act[])),
      ...{ agent, talk: fc.nat(10) },
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: kind('transfer'), agent, talk: fc.nat(10), to: fc.constantFrom(...PEOPLE, ...QUEUES) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: kind('presence'),
      what: fc.constantFrom(
        'connect',
        'connect',
        'connect',
        'lose',
        'available',
        'available',
        'break',
        'lunch',
        'leave',
        'leave all',
      ),
      ...{ agent, second: fc.boolean() },
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: kind('admin'), what: fc.constantFrom('disable', 'enable', 'narrow', 'widen'), agent }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: kind('wait'),
      seconds: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 13, max: 80 })),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: kind('deploy'),
      what: fc.constantFrom('account', 'queue', 'remove queue', 'restore', 'restore', 'remove node', 'nothing'),
      ...{ queue, team: fc.nat(TEAMS.length - 1), node },
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: kind('restart'), seconds: fc.constantFrom(0, 5, 90) }) },
] as never;

export const move: fc.Arbitrary<Move> = fc.oneof(...moves);
