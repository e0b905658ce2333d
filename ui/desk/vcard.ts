/** A person on a contact card. */
export interface Card {
  name: string;
  phones: string[];
  emails: string[];
}

const MOST = 20;

/** The people in a vCard, as far as they can be read; what is not understood is left out. */
export function readCards(text: string): Card[] {
  const cards: Card[] = [];
  // Long lines go on in the next one, behind a space.
  const lines = text.replace(/\r?\n[ \t]/g, '').split(/\r?\n/);
  let card: Card | undefined;
  for (const line of lines) {
    const match = /^(?:[\w-]+\.)?([A-Za-z-]+)((?:;[^:]*)?):(.*)$/.exec(line);
    if (!match) continue;
    const [, name = '', , value = ''] = match;
    switch (name.toUpperCase()) {
      case 'BEGIN':
        card = { name: '', phones: [], emails: [] };
        break;
      case 'END':
        if (card && cards.length < MOST) cards.push(card);
        card = undefined;
        break;
      case 'FN':
        if (card) card.name = plain(value);
        break;
      case 'N':
        if (card) card.name ||= value.split(';').slice(0, 2).reverse().map(plain).filter(Boolean).join(' ');
        break;
      case 'TEL':
        if (card && card.phones.length < MOST) card.phones.push(plain(value.replace(/^tel:/i, '')));
        break;
      case 'EMAIL':
        if (card && card.emails.length < MOST) card.emails.push(plain(value));
        break;
    }
  }
  return cards.filter((one) => one.name || one.phones.length > 0 || one.emails.length > 0);
}

const plain = (value: string): string =>
  value
    .replace(/\\n/gi, ' ')
    .replace(/\\([,;\\])/g, '$1')
    .trim()
    .slice(0, 200);
