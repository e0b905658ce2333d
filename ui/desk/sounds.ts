/**
 * The sounds of the desk, made by the browser: no file to load. Wooden bars, as of a marimba: a fundamental with its fourth and tenth
 * partial, which fade sooner the higher they are.
 */

/** Hz. */
const NOTES = { a4: 440, d5: 587.33, e5: 659.26, gis5: 830.61, b5: 987.77, e6: 1318.51 };

/** Partial, its level, seconds until it has faded. */
const BAR = [
  [1, 1, 1.1],
  [3.98, 0.22, 0.42],
  [9.7, 0.06, 0.12],
] as const;

/** Strikes a bar at `at` (s of the context's clock); `level` 0 to 1. */
function strike(context: BaseAudioContext, out: AudioNode, frequency: number, at: number, level: number) {
  for (const [partial, share, length] of BAR) {
    const voice = context.createOscillator();
    const gain = context.createGain();
    voice.type = 'sine';
    voice.frequency.value = frequency * partial;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(level * share, at + 0.006);
    gain.gain.exponentialRampToValueAtTime(0.0001, at + length);
    gain.gain.linearRampToValueAtTime(0, at + length + 0.02);
    voice.connect(gain).connect(out);
    voice.start(at);
    voice.stop(at + length + 0.03);
  }
}

/** Seconds from one ring to the next. */
export const RING_EVERY = 3.2;

/** An offer: a rising figure, and its softer answer. */
export function ring(context: BaseAudioContext, out: AudioNode, at: number) {
  const { e5, gis5, b5, e6 } = NOTES;
  for (const [note, after, level] of [
    [e5, 0, 0.3],
    [gis5, 0.13, 0.3],
    [b5, 0.26, 0.34],
    [e6, 0.52, 0.22],
    [b5, 0.78, 0.16],
  ] as const)
    strike(context, out, note, at + after, level);
}

/** A message in a tab: one low touch, softer than any offer. */
export function message(context: BaseAudioContext, out: AudioNode, at: number) {
  strike(context, out, NOTES.a4, at, 0.11);
}

/** What a flow tells: two falling notes. There is nothing to accept. */
export function notification(context: BaseAudioContext, out: AudioNode, at: number) {
  strike(context, out, NOTES.b5, at, 0.18);
  strike(context, out, NOTES.d5, at + 0.16, 0.2);
}
