/** Small helpers to build the page. Texts always go in as text, never as HTML. */

import { language, t } from './i18n.js';

const SVG = 'http://www.w3.org/2000/svg';

/**
 * An element with attributes and children. `class`, `on…` handlers, and properties are told apart by name; null children are left out.
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes]
 * @param {...(Node | string | null | undefined | false)} children
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** An icon of the sprite. */
export function icon(name, className = 'i') {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', className);
  svg.setAttribute('viewBox', '0 0 20 20');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}

export const $ = (id) => document.getElementById(id);

/** A time of day as the phone shows it. */
export function clock(at, seconds = false) {
  return new Date(at).toLocaleTimeString([], {
    hour: '2-digit',
    minute: '2-digit',
    ...(seconds ? { second: '2-digit' } : {}),
    hourCycle: 'h23',
  });
}

/** The day of a message: today, yesterday, or the date. */
export function dayName(at) {
  const midnight = new Date().setHours(0, 0, 0, 0);
  if (at >= midnight) return t('day.today');
  if (at >= midnight - 86_400_000) return t('day.yesterday');
  return new Date(at).toLocaleDateString(language, { weekday: 'long', day: 'numeric', month: 'long' });
}

/** A phone number in groups, for reading. */
export function readable(phone) {
  const country = /^\+(1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3})/.exec(phone)?.[0];
  if (!country) return phone;
  const rest = phone.slice(country.length);
  return `${country} ${rest.replace(/(\d{3})(?=\d{3,})/g, '$1 ')}`;
}
