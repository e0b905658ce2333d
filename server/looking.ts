/**
 * Who has which conversation in front of them now: told to the others who have it there, so that no two people do the same. Kept in
 * memory, by events stream: it ends with the stream, and a runtime knows of its own streams only.
 */
import { CoreError, type Engine } from '../core/api.ts';
import type { Hub } from './events.ts';
import { ApiError } from './json.ts';
import type { Session } from './sessions.ts';

export interface Looking {
  /**
   * What a stream shows from now on; null: nothing. All who look at what it shows, or showed, get the event `looking`.
   * @throws ApiError 404 `no_stream` if the caller has no such stream here; what reading the interaction throws
   */
  look(session: Session, connection: string, interaction: string | null): Promise<void>;
}

interface Look {
  username: string;
  name: string;
  interaction: string;
}

export function createLooking(engine: Engine, hub: Hub): Looking {
  /** By connection. */
  const looks = new Map<string, Look>();
  const at = (interaction: string) => [...looks].filter(([, look]) => look.interaction === interaction);
  const mayRead = (username: string, interaction: string) => engine.run('interaction', { interaction, username });

  /** Tells everybody at an interaction of the others. Who may not read it any more is not there any more. */
  async function tell(interaction: string): Promise<void> {
    const usernames = new Set(at(interaction).map(([, look]) => look.username));
    const gone = new Set<string>();
    if (usernames.size > 1)
      for (const username of usernames)
        await mayRead(username, interaction).catch((problem: unknown) => {
          if (!(problem instanceof CoreError)) throw problem;
          gone.add(username);
        });
    for (const [connection, { username }] of at(interaction)) if (gone.has(username)) looks.delete(connection);
    // Read after the waiting: what is sent last is what is so.
    const here = at(interaction);
    const names = new Map(here.map(([, { username, name }]) => [username, name]));
    for (const [connection, look] of here) {
      const others = [...names].flatMap(([username, name]) => (username === look.username ? [] : { username, name }));
      hub.send(connection, 'looking', { interactionId: interaction, others });
    }
  }

  /** Takes a look away; returns what it was at. */
  function leave(connection: string): string | undefined {
    const former = looks.get(connection)?.interaction;
    looks.delete(connection);
    return former;
  }

  hub.onEnd((connection) => {
    const former = leave(connection);
    // The store is closing: then nobody is left to be told.
    if (former !== undefined) tell(former).catch(() => undefined);
  });

  return {
    async look({ agent }, connection, interaction) {
      const { username, name } = agent;
      const own = () => {
        if (hub.usernameOf(connection) !== username)
          throw new ApiError(404, 'no_stream', 'You have no such events stream');
      };
      own();
      if (interaction !== null) await mayRead(username, interaction);
      // It may have ended meanwhile.
      own();
      const former = leave(connection);
      if (interaction !== null) looks.set(connection, { username, name, interaction });
      if (former !== undefined && former !== interaction) await tell(former);
      if (interaction !== null) await tell(interaction);
    },
  };
}
