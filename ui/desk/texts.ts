import type { Language } from '../shared/language.ts';
import de from './locales/de.json';
import enUS from './locales/en-US.json';
import es from './locales/es.json';
import it from './locales/it.json';

/** The desk's texts in each language. */
export const TEXTS = { 'en-US': enUS, de, es, it } satisfies Record<Language, unknown>;
