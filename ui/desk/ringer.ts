/** A soft two-note call, made by the browser: no file to load, none to license. */
export function createRinger() {
  let context: AudioContext | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;

  function note(frequency: number, start: number, length: number) {
    if (!context) return;
    const gain = context.createGain();
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(0.09, start + 0.03);
    gain.gain.exponentialRampToValueAtTime(0.0001, start + length);
    gain.connect(context.destination);
    for (const [ratio, level] of [
      [1, 1],
      [2, 0.25],
    ] as const) {
      const voice = context.createOscillator();
      const part = context.createGain();
      part.gain.value = level;
      voice.type = 'sine';
      voice.frequency.value = frequency * ratio;
      voice.connect(part).connect(gain);
      voice.start(start);
      voice.stop(start + length);
    }
  }

  function ring() {
    if (context?.state !== 'running') return;
    const now = context.currentTime + 0.02;
    note(659.25, now, 0.5);
    note(880, now + 0.18, 0.7);
  }

  /** One note, lower than the call of an offer: there is nothing to accept. */
  function chime() {
    if (context?.state === 'running') note(523.25, context.currentTime + 0.02, 0.6);
  }

  return {
    chime,
    /** Call it in a click or key press: browsers let a page make sounds only after one. */
    unlock: () => {
      context ??= typeof AudioContext === 'undefined' ? undefined : new AudioContext();
      context?.resume().catch(() => undefined);
    },
    set: (on: boolean) => {
      if (on === (timer !== undefined)) return;
      clearInterval(timer);
      timer = undefined;
      if (!on) return;
      ring();
      timer = setInterval(ring, 3000);
    },
    close: () => {
      clearInterval(timer);
      context?.close().catch(() => undefined);
    },
  };
}
