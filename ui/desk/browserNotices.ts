import type { Offer } from '../shared/types.ts';

/** Whether the browser can and may tell of something while the page is not seen. `ask`: nobody has decided yet. */
export type Permission = 'granted' | 'ask' | 'denied' | 'insecure' | 'none';

export function permission(): Permission {
  // Browsers offer them on https and on the own machine only.
  if (!isSecureContext) return 'insecure';
  if (typeof Notification === 'undefined') return 'none';
  return Notification.permission === 'default' ? 'ask' : Notification.permission;
}

/** Asks the person in front of it. Only in a click: everything else is refused, and rightly. */
export async function askPermission(): Promise<Permission> {
  if (permission() === 'ask') await Notification.requestPermission();
  return permission();
}

/** Notifications of the browser about offers, one for each, which go when the offer does. */
export function createBrowserNotices(onClick: (offer: Offer) => void) {
  const open = new Map<string, Notification>();

  function close(id: string) {
    open.get(id)?.close();
    open.delete(id);
  }

  return {
    show(offer: Offer, title: string, body: string) {
      if (open.has(offer.id) || permission() !== 'granted') return;
      try {
        // The tag makes one of it if the desk is open in two windows. The desk rings by itself.
        const notice = new Notification(title, { body, tag: `wa-offer-${offer.id}`, silent: true });
        notice.onclick = () => {
          focus();
          onClick(offer);
          close(offer.id);
        };
        open.set(offer.id, notice);
      } catch {
        // Some phones show them by a service worker only.
      }
    },
    /** Only those of these offers stay. */
    keep(ids: readonly string[]) {
      for (const id of [...open.keys()]) if (!ids.includes(id)) close(id);
    },
  };
}
