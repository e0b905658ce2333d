/** A time until which a tab can be put away. */
export interface Later {
  /** The key of its text. */
  name: 'half' | 'hour' | 'three' | 'evening' | 'tomorrow' | 'monday';
  /** ms */
  at: number;
}

const MINUTE = 60_000;

/** The times that are offered, by the reader's clock: what is over today, or means the same as another, is left out. */
export function laterTimes(now: number): Later[] {
  const day = (days: number, hour: number) => {
    const date = new Date(now);
    date.setDate(date.getDate() + days);
    date.setHours(hour, 0, 0, 0);
    return date.getTime();
  };
  const weekday = new Date(now).getDay();
  const toMonday = (8 - weekday) % 7 || 7;
  const times: Later[] = [
    { name: 'half', at: now + 30 * MINUTE },
    { name: 'hour', at: now + 60 * MINUTE },
    { name: 'three', at: now + 180 * MINUTE },
  ];
  if (day(0, 17) > now + 200 * MINUTE) times.push({ name: 'evening', at: day(0, 17) });
  times.push({ name: 'tomorrow', at: day(1, 9) });
  if (toMonday > 1) times.push({ name: 'monday', at: day(toMonday, 9) });
  return times;
}

/** A time as a field for date and time writes it, by the reader's clock. */
export function fieldTime(ms: number): string {
  const date = new Date(ms);
  const two = (n: number) => String(n).padStart(2, '0');
  const days = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${days}T${two(date.getHours())}:${two(date.getMinutes())}`;
}
