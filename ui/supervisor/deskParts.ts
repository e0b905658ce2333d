import { ref, shallowRef } from 'vue';
import { EMPTY } from '../desk/state.ts';
import type { Desk } from '../desk/useDesk.ts';
import type { Supervisor } from './useSupervisor.ts';

/**
 * What the desk's components that are used here need of a desk: log-in, notices, chips and, with `more`, conversations. There is no desk
 * behind it: nothing rings here and nothing is written to customers.
 */
export function deskParts(supervisor: Supervisor, more: Partial<Desk> = {}): Desk {
  const { t, session, connection, online, now, serverNow, notices, root } = supervisor;
  const parts = {
    ...{ t, locale: supervisor.language, connection, online, now, serverNow, notices },
    ...{ phase: session.phase, former: session.former, notReady: session.notReady, loginNote: session.note },
    ...{ login: session.login, changePassword: session.changePassword },
    ...{ hold: supervisor.hold, letGo: supervisor.letGo, dismiss: supervisor.dismiss, follow: () => undefined },
    ...{ color: supervisor.color, isMine: () => false, selected: ref(null), state: shallowRef(EMPTY) },
    handling: { nameOf: supervisor.nameOf },
    mediaUrl: (url: string) => `${root}${url.slice(Math.max(0, url.indexOf('/api/media/')))}`,
    ...more,
  };
  return parts as unknown as Desk;
}
