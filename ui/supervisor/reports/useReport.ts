import { computed, onActivated, ref, shallowRef, watch } from 'vue';
import { LONGEST_REPORT, type NamedReport, type ReportTable } from '../../../core/reports/api.ts';
import type { Supervisor } from '../useSupervisor.ts';
import { GROUPINGS, type Grouping, type Shown } from './groups.ts';
import { lengthOf, type Period, type Preset, periodOf } from './period.ts';

/** The address of a table of what is shown. */
export type CsvOf = (table: ReportTable, by?: Grouping) => string;

/** ms after which a report is read again when somebody comes back to it. */
const OLD = 30_000;

/** The report that is shown: of which days, account and queue, and what the server says of them. */
export function useReport({ api, root, t, timeZone, serverNow, reasonOf }: Supervisor) {
  const preset = ref<Preset | 'chosen'>('last7');
  const period = ref<Period>(periodOf('last7', serverNow.value, timeZone.value));
  const account = ref('');
  const queue = ref('');
  const queues = shallowRef<readonly { id: string; name: string }[]>([]);
  const report = shallowRef<Shown | null>(null);
  const loading = ref(false);
  const problem = ref('');
  let readAt = 0;
  let reading = 0;

  const params = computed(() => {
    const { from, to } = period.value;
    return new URLSearchParams({
      ...{ from, to, tz: timeZone.value },
      ...(account.value ? { account: account.value } : {}),
      ...(queue.value ? { queue: queue.value } : {}),
    }).toString();
  });

  async function load(): Promise<void> {
    const mine = ++reading;
    const asked = period.value;
    if (lengthOf(asked) > LONGEST_REPORT) {
      problem.value = t('reports.tooLong', { days: LONGEST_REPORT });
      loading.value = false;
      return;
    }
    loading.value = true;
    try {
      const also = GROUPINGS.filter((by) => by !== 'day').join(',');
      const found = await api.call<NamedReport>('GET', `/reports?${params.value}&by=day&also=${also}`);
      if (queues.value.length === 0) {
        const now = await api.call<{ queues: { id: string; name: string }[] }>('GET', '/realtime');
        queues.value = now.queues.map(({ id, name }) => ({ id, name }));
      }
      if (mine !== reading) return;
      report.value = { ...found, groups: { ...found.groups, day: found.rows }, period: asked };
      readAt = Date.now();
      problem.value = '';
    } catch (error) {
      if (mine === reading) problem.value = t('action.failed', { reason: reasonOf(error) });
    } finally {
      if (mine === reading) loading.value = false;
    }
  }

  /** The days of a preset are others tomorrow, and in another zone. */
  function refresh(): void {
    const former = params.value;
    if (preset.value !== 'chosen') period.value = periodOf(preset.value, serverNow.value, timeZone.value);
    if (params.value === former) void load();
  }

  watch(params, load, { immediate: true });
  watch([timeZone, preset], () => {
    if (preset.value !== 'chosen') period.value = periodOf(preset.value, serverNow.value, timeZone.value);
  });
  onActivated(() => {
    if (readAt > 0 && Date.now() - readAt > OLD) refresh();
  });

  const csv: CsvOf = (table, by = 'day') =>
    `${root}/api/reports?${params.value}&by=${by}&format=csv&table=${table}&bom=true`;

  return {
    ...{ preset, period, account, queue, queues, report, loading, problem, refresh, csv },
    /** One end of the period; the other one goes with it if it must. */
    setDay(end: keyof Period, day: string): void {
      if (!day) return;
      const next = { ...period.value, [end]: day };
      if (next.from > next.to) next[end === 'from' ? 'to' : 'from'] = day;
      preset.value = 'chosen';
      period.value = next;
    },
  };
}
