/** What is missing for a mode, and what WhatsApp would refuse. Texts with Mustache in them can only be checked when they are sent. */
import { record, records, text } from '../shared/coerce.ts';
import { MAX_BUTTONS } from './config.ts';

export interface SendProblem {
  field: string;
  key: string;
  warning?: true;
}

/** WhatsApp's limits for a text and for the title of a reply button, in characters. */
export const MAX_TEXT = 4096;
export const MAX_BUTTON_TEXT = 20;

const isTemplate = (value: string): boolean => value.includes('{{');

/** Providers that send buttons from prepared content only. */
const NO_BUTTONS = ['twilio'];

/**
 * Problems of raw values: what stands in the fields or in the flow.
 * @param providers those that may be meant: of the chosen account, or of all of them
 */
export function sendProblems(values: Record<string, unknown>, providers: readonly string[] = []): SendProblem[] {
  const mode = text(values.mode, 'text');
  const body = text(values.text, '');
  const problems: SendProblem[] = [];
  const push = (field: string, key: string): void => {
    problems.push({ field, key });
  };

  if (mode === 'text' && body === '') push('text', 'text');
  if (mode === 'buttons' && body === '') push('text', 'question');
  if ((mode === 'buttons' || mode === 'media') && body.length > MAX_TEXT) push('text', 'textLong');
  if (mode === 'template' && text(values.template, '') === '') push('template', 'template');
  if (mode === 'media') {
    const url = text(values.mediaUrl, '');
    if (url === '') push('mediaUrl', 'mediaUrl');
    else if (!isTemplate(url) && !/^(https?:\/\/[^\s/]+|\/[^/\s])/i.test(url)) push('mediaUrl', 'mediaUrlWrong');
  }
  if (mode === 'location') problems.push(...locationProblems(record(values.location)));
  if (mode === 'buttons') problems.push(...buttonProblems(records(values.buttons)));
  if (mode === 'buttons' && providers.length > 0 && providers.every((name) => NO_BUTTONS.includes(name)))
    problems.push({ field: 'mode', key: 'buttonsUnsupported', warning: true });
  const to = text(values.to, '');
  const account = text(values.account, '');
  if (to !== '' && (account === '' || account === '_ADD_'))
    problems.push({ field: 'account', key: 'accountForTo', warning: true });
  if (to !== '' && !isTemplate(to) && !/^(\+[1-9][\d\s().-]{6,20}|[A-Z]{2}\.\w+)$/.test(to)) push('to', 'to');
  return problems;
}

function locationProblems(location: Record<string, unknown>): SendProblem[] {
  const degrees = (value: unknown, limit: number): boolean => {
    const written = text(value, '');
    return isTemplate(written) || (written !== '' && Math.abs(Number(written)) <= limit);
  };
  const right = degrees(location.latitude, 90) && degrees(location.longitude, 180);
  return right ? [] : [{ field: 'location', key: 'location' }];
}

function buttonProblems(saved: Record<string, unknown>[]): SendProblem[] {
  const titles = saved.map((button) => text(button.text, '')).filter((title) => title !== '');
  if (titles.length === 0) return [{ field: 'buttons', key: 'buttons' }];
  if (titles.length > MAX_BUTTONS) return [{ field: 'buttons', key: 'buttonsMany' }];
  if (titles.some((title) => !isTemplate(title) && [...title].length > MAX_BUTTON_TEXT))
    return [{ field: 'buttons', key: 'buttonLong' }];
  if (new Set(titles).size < titles.length) return [{ field: 'buttons', key: 'buttonTwice' }];
  return [];
}
