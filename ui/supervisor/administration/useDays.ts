import { at, dayLabel, sameDay, timeOfDay } from '../../shared/time.ts';
import type { Supervisor } from '../useSupervisor.ts';

/** Moments as the tables say them, in the zone of the reader. */
export function useDays({ t, timeZone, serverNow, language }: Supervisor) {
  return {
    dayAndTime(iso: string, seconds = false): string {
      const ms = at(iso);
      if (!Number.isFinite(ms)) return '';
      const zone = timeZone.value;
      const time = timeOfDay(ms, seconds, zone);
      if (sameDay(ms, serverNow.value, zone)) return `${t('time.today')} ${time}`;
      return `${dayLabel(t, ms, serverNow.value, language.value, zone)} ${time}`;
    },
  };
}
