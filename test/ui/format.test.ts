import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { apiRoot } from '../../ui/shared/api.ts';
import { type Piece, parseRich, plainText } from '../../ui/shared/formatting.ts';
import { createTranslate, hasText, type Texts } from '../../ui/shared/i18n.ts';
import { contrast, fitContrast, hostTheme, parseRgb, type Rgb } from '../../ui/shared/theme.ts';
import { clock, dayLabel, duration, rowTime, secondsLeft, timeOfDay } from '../../ui/shared/time.ts';

const texts = JSON.parse(readFileSync(new URL('../../ui/desk/locales/en-US.json', import.meta.url), 'utf8')) as Texts;
const t = createTranslate(texts, 'en-US');
const MIN = 60_000;

describe('texts', () => {
  it('fills parameters and leaves unknown ones', () => {
    const translate = createTranslate({ a: { b: 'Hello {name}, {other}' } }, 'en-US');
    expect(translate('a.b', { name: 'Ada' })).to.equal('Hello Ada, {other}');
  });
  it('chooses the plural form', () => {
    expect(t('list.unread', { count: 1 })).to.equal('1 unread message');
    expect(t('list.unread', { count: 3 })).to.equal('3 unread messages');
  });
  it('answers the key where a text is missing', () => {
    expect(t('no.such')).to.equal('no.such');
    expect(hasText(t, 'no.such')).to.equal(false);
    expect(hasText(t, 'failure.window_closed')).to.equal(true);
  });
});

describe('times', () => {
  const now = Date.parse('2026-11-25T14:30:00Z');
  it('shows durations as people say them', () => {
    expect(duration(t, 14_000)).to.equal('0:14');
    expect(duration(t, 4 * MIN + 12_000)).to.equal('4:12');
    expect(duration(t, 18 * MIN)).to.equal('18 min');
    expect(duration(t, (23 * 60 + 53) * MIN)).to.equal('23 h 53');
    expect(duration(t, 3 * 24 * 60 * MIN)).to.equal('3 d');
    expect(duration(t, -5)).to.equal('0:00');
    expect(clock(12 * MIN + 5000)).to.equal('12:05');
  });
  it('counts down to the last second', () => {
    expect(secondsLeft(now + 1, now)).to.equal(1);
    expect(secondsLeft(now, now)).to.equal(0);
    expect(secondsLeft(now - 5000, now)).to.equal(0);
  });
  it('names days in the zone of the reader', () => {
    const midnight = Date.parse('2026-11-24T23:30:00Z');
    expect(dayLabel(t, midnight, now, 'en-US', 'UTC')).to.equal('Yesterday');
    expect(dayLabel(t, midnight, now, 'en-US', 'Europe/Rome')).to.equal('Today');
    expect(dayLabel(t, Date.parse('2025-03-12T10:00:00Z'), now, 'en-US', 'UTC')).to.equal('March 12, 2025');
    expect(timeOfDay(midnight, true, 'Europe/Rome')).to.equal('00:30:00');
    expect(rowTime(t, midnight, now, 'en-US', 'Europe/Rome')).to.equal('00:30');
    expect(rowTime(t, midnight, now, 'en-US', 'UTC')).to.equal('Yesterday');
  });
});

describe('formatting of what people wrote', () => {
  const flat = (pieces: Piece[]): string => pieces.map((p) => ('children' in p ? flat(p.children) : p.text)).join('');
  it('knows the marks', () => {
    expect(parseRich('*a* _b_ ~c~ `d`').map((p) => p.kind)).to.deep.equal([
      'bold',
      'text',
      'italic',
      'text',
      'strike',
      'text',
      'code',
    ]);
    expect(parseRich('```\nx = 1\n```')).to.deep.equal([{ kind: 'block', text: 'x = 1' }]);
    expect(parseRich('*bold _both_*')[0]).to.deep.include({ kind: 'bold' });
  });
  it('leaves marks alone that are only characters', () => {
    for (const text of ['2*3*4', 'snake_case_name', '* a *', '**', '~', 'a *b\nc* d']) {
      expect(parseRich(text), text).to.deep.equal([{ kind: 'text', text }]);
    }
  });
  it('leaves a mark alone that the server escaped', () => {
    expect(parseRich('*\u200b*x\u200b* wrote*').map((p) => p.kind)).to.deep.equal(['bold']);
    expect(parseRich('\u200b*x\u200b*')[0]?.kind).to.equal('text');
  });
  it('links http addresses only, without the full stop after them', () => {
    expect(parseRich('see https://example.org/a_b_c.')[1]).to.deep.equal({
      kind: 'link',
      text: 'https://example.org/a_b_c',
      href: 'https://example.org/a_b_c',
    });
    expect(parseRich('javascript:alert(1)')).to.deep.equal([{ kind: 'text', text: 'javascript:alert(1)' }]);
  });
  it('never loses a character that is no mark, and ends for every text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', ' ', '*', '_', '~', '`', '\n', '<', 'http://x.y') }),
        (text) => {
          const kept = (s: string) => s.replace(/[*_~`\n]/g, '');
          expect(kept(flat(parseRich(text)))).to.equal(kept(text));
        },
      ),
    );
  });
  it('makes one line for previews', () => {
    expect(plainText('*Hello*\n_you_')).to.equal('Hello you');
  });
});

describe('theme', () => {
  it('reads the colours of the page', () => {
    expect(parseRgb('0,148,206')).to.deep.equal([0, 148, 206]);
    expect(parseRgb('#0af')).to.deep.equal([0, 170, 255]);
    for (const bad of ['', 'red', '1,2', '1,2,300', null]) expect(parseRgb(bad)).to.equal(undefined);
  });
  it('shifts every primary colour until its text can be read', () => {
    const channel = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(fc.tuple(channel, channel, channel), (color) => {
        for (const surface of [
          [255, 255, 255],
          [24, 34, 42],
        ] as Rgb[]) {
          expect(contrast(fitContrast(color as Rgb, surface, 5.2), surface)).to.be.at.least(5.2);
        }
      }),
    );
  });
  it('is dark where the page is, and keeps its own surface where texts could not be read on the page’s', () => {
    expect(hostTheme({ surface: [24, 34, 42] }).dark).to.equal(true);
    expect(hostTheme({}).dark).to.equal(false);
    expect(hostTheme({ surface: [0, 148, 206] }).vars).to.not.have.property('--c-surface');
    expect(hostTheme({ surface: [250, 250, 250] }).vars).to.have.property('--c-surface', 'rgb(250 250 250)');
  });
});

describe('where the API is', () => {
  it('takes what the server says, else the address of the page', () => {
    expect(apiRoot('/red/whatsapp/', '/dashboard/x')).to.equal('/red/whatsapp');
    expect(apiRoot(undefined, '/dashboard/desk')).to.equal('/whatsapp');
    expect(apiRoot('', '/nodes/dashboard')).to.equal('/nodes/whatsapp');
    expect(apiRoot(undefined, '/nodes/whatsapp/desk')).to.equal('/nodes/whatsapp');
    expect(apiRoot(undefined, '/elsewhere')).to.equal('/whatsapp');
  });
});
