/** The options of the charts: colours from the tokens, dashes, shapes and hatching beside colours. */
import type { EChartsCoreOption } from 'echarts/core';
import { HOURS } from './groups.ts';

/** The value of a colour's token, as the canvas needs it. */
export type Colors = (token: string) => string;
/** `width` of the chart, px. */
export type MakeChart = (color: Colors, width: number) => EChartsCoreOption;
type Format = (value: number) => string;

/** What one kind of figures looks like. */
export interface Series {
  name: string;
  values: (number | null)[];
}

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
/** Colours of the first, second and third series: told apart without colour vision by hatching, dashes and shapes. */
const TOKENS = ['chart-1', 'chart-2', 'chart-4'] as const;
const TIME_TOKENS = ['chart-1', 'chart-3', 'chart-4'] as const;

const text = (color: Colors, token = 'text-2') => ({ color: color(token), fontFamily: FONT, fontSize: 12 });

const tooltip = (color: Colors, format: Format) => ({
  trigger: 'axis',
  // The policy of the page allows no styles in texts.
  renderMode: 'richText',
  backgroundColor: color('raised'),
  borderColor: color('line'),
  textStyle: { ...text(color, 'text'), fontSize: 13 },
  axisPointer: { type: 'shadow', shadowStyle: { color: color('text'), opacity: 0.05 } },
  valueFormatter: (value: number | null | undefined) => (value == null ? '–' : format(value)),
});

const names = (color: Colors, data: readonly string[]) => ({
  ...{ type: 'category', data, axisTick: { show: false } },
  axisLine: { lineStyle: { color: color('line-strong') } },
  axisLabel: { ...text(color), hideOverlap: true },
});

const figures = (color: Colors, format: Format, series: readonly Series[], stacked = false) => ({
  ...{ type: 'value', min: 0, ...steps(series, format, stacked) },
  splitLine: { lineStyle: { color: color('line') } },
  axisLabel: { ...text(color), formatter: format, hideOverlap: true },
});

/** Steps that times are counted in, seconds. */
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400];

/** Whole steps of counts, usual steps of times: 0:30, 1:00, 1:30 and not 0:40, 1:20, 2:00. */
function steps(series: readonly Series[], format: Format, stacked: boolean): object {
  if (format === plain) return { minInterval: 1, splitNumber: 4 };
  const sums = (series[0]?.values ?? []).map((_, i) => series.reduce((sum, one) => sum + (one.values[i] ?? 0), 0));
  const most = Math.max(1, ...(stacked ? sums : series.flatMap(({ values }) => values.map((v) => v ?? 0))));
  const step = TIME_STEPS.find((one) => most / one <= 5) ?? 86_400 * Math.ceil(most / 86_400 / 5);
  return { interval: step, max: Math.ceil(most / step) * step };
}

const hatching = (color: Colors) => ({
  decal: { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: 0.8, color: color('surface') },
});

/** The style of a counted number. */
export const plain: Format = (value) => String(value);
const grid = (right = 8) => ({
  left: 4,
  right,
  top: 22,
  bottom: 4,
  outerBounds: { left: 0, right: 0, top: 0, bottom: 0 },
});

/** Bars beside each other over time; the highest says its number. */
export const columns =
  (slots: readonly string[], series: readonly Series[], format: Format = plain): MakeChart =>
  (color) => {
    const most = Math.max(0, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)));
    const peak = series.findIndex(({ values }) => values.includes(most));
    return {
      grid: grid(),
      tooltip: tooltip(color, format),
      xAxis: names(color, slots),
      yAxis: figures(color, format, series),
      series: series.map(({ name, values }, i) => ({
        ...{ type: 'bar', name, barMaxWidth: 28, barGap: '8%', barCategoryGap: '24%' },
        data: values.map((value, at) =>
          i === peak && most > 0 && at === values.indexOf(most)
            ? {
                value,
                label: {
                  show: true,
                  position: 'top',
                  ...text(color, 'text'),
                  fontWeight: 600,
                  formatter: format(most),
                },
              }
            : value,
        ),
        itemStyle: {
          ...{ color: color(TOKENS[i] ?? 'chart-4'), borderRadius: [2, 2, 0, 0] },
          ...(i === 1 ? hatching(color) : {}),
        },
      })),
    };
  };

/** How a time developed: lines told apart by dashes and symbols. The last values stand beside their ends. */
export const lines =
  (slots: readonly string[], series: readonly Series[], format: Format): MakeChart =>
  (color) => ({
    grid: { ...grid(52), top: 14 },
    tooltip: { ...tooltip(color, format), axisPointer: { type: 'line', lineStyle: { color: color('line-strong') } } },
    xAxis: { ...names(color, slots), boundaryGap: slots.length < 3 },
    yAxis: figures(color, format, series),
    series: series.map(({ name, values }, i) => {
      const own = color(TIME_TOKENS[i] ?? 'chart-2');
      return {
        ...{ type: 'line', name, data: values, connectNulls: false, showAllSymbol: slots.length <= 31 },
        ...{ symbol: ['circle', 'triangle', 'diamond'][i], symbolSize: [6, 9, 8][i] },
        lineStyle: { width: 2.2, type: [undefined, [5, 4], [1.5, 3]][i], color: own },
        itemStyle: { color: own },
        endLabel: {
          ...{ show: i < 2, ...text(color, 'text'), fontWeight: 600 },
          formatter: ({ value }: { value: number | null }) => (value == null ? '' : format(value)),
        },
        labelLayout: { moveOverlap: 'shiftY' },
        ...(i === 1 ? { areaStyle: { color: own, opacity: 0.07 } } : {}),
      };
    }),
  });

/** Lying bars in their order from the top; `stacked` ones are parts of one. */
export const lying =
  (
    slots: readonly string[],
    series: readonly Series[],
    { format = plain, stacked = false, times = false }: { format?: Format; stacked?: boolean; times?: boolean } = {},
  ): MakeChart =>
  (color, width) => ({
    grid: { ...grid(stacked || series.length > 1 ? 16 : 48), top: 4 },
    tooltip: tooltip(color, format),
    xAxis: figures(color, format, series, stacked),
    yAxis: {
      ...{ ...names(color, slots), inverse: true },
      axisLabel: { ...text(color), width: Math.min(220, width * 0.28), overflow: 'truncate' },
    },
    series: series.map(({ name, values }, i) => ({
      ...{ type: 'bar', name, data: values, barMaxWidth: 16, barGap: '10%', barCategoryGap: '30%' },
      ...(stacked ? { stack: 'all' } : {}),
      ...(series.length === 1
        ? {
            label: {
              ...{ show: true, position: 'right', ...text(color, 'text'), fontWeight: 600 },
              formatter: ({ value }: { value: number | null }) => (value == null ? '' : format(value)),
            },
          }
        : {}),
      itemStyle: {
        color: color((times || stacked ? TIME_TOKENS : TOKENS)[i] ?? 'chart-2'),
        borderRadius: stacked ? 0 : [0, 2, 2, 0],
        ...(i === 1 ? hatching(color) : {}),
      },
    })),
  });

/** Week days by hours of the day; the busiest cells say their number. */
export const heat =
  (days: readonly string[], hours: readonly (readonly number[])[]): MakeChart =>
  (color, width) => {
    const most = Math.max(1, ...hours.flat());
    const legible = width > 24 * 26;
    const axis = (data: readonly string[]) => ({ ...names(color, data), axisLine: { show: false } });
    return {
      grid: { ...grid(4), top: 6 },
      tooltip: {
        ...tooltip(color, plain),
        trigger: 'item',
        formatter: ({ value: [hour, day, n] }: { value: [number, number, number] }) =>
          `${days[day]} ${HOURS[hour]}:00   ${n}`,
      },
      xAxis: axis(HOURS),
      yAxis: { ...axis(days), inverse: true },
      visualMap: {
        ...{ type: 'continuous', show: false, min: 0, max: most },
        inRange: { color: [0, 1, 2, 3, 4, 5].map((step) => color(`heat-${step}`)) },
      },
      series: [
        {
          type: 'heatmap',
          data: hours.flatMap((row, day) =>
            row.map((n, hour) => ({
              value: [hour, day, n],
              label: {
                ...{ show: legible && n > 0 && n >= most * 0.75, ...text(color, 'surface'), fontWeight: 600 },
              },
            })),
          ),
          itemStyle: { borderColor: color('surface'), borderWidth: 2, borderRadius: 3 },
          emphasis: { itemStyle: { borderColor: color('text') } },
        },
      ],
    };
  };
