import { computed, nextTick, onBeforeUnmount, onMounted, onUpdated, type Ref, ref, watch } from 'vue';

/** Lines that are kept ready above and below what is seen, px. */
const AHEAD = 700;
/** As near to the end as this counts as at the end, px. */
const NEAR = 60;

interface Options {
  /** What scrolls. It must be the offset parent of `list`. */
  box: Ref<HTMLElement | undefined>;
  /** What holds the lines; each of its children has its key in `data-line`. */
  list: Ref<HTMLElement | undefined>;
  keys: () => readonly string[];
  /** The likely height of a line that was never shown, px. */
  guess: (index: number) => number;
}

/**
 * Shows of a long list only the lines around what is seen, of whatever height they are. What is on the screen stays where it is while
 * lines are added above it or turn out higher than was guessed; at the end the newest line stays in sight.
 */
export function useWindow({ box, list, keys, guess }: Options) {
  const heights = new Map<string, number>();
  /** Raised when a height became known. */
  const measured = ref(0);
  const top = ref(0);
  const view = ref(800);
  const atEnd = ref(true);
  /** The line at the upper edge and how far it reaches above it. */
  let anchor: { key: string; above: number } | null = null;

  /** Where each line begins, and the whole height as the last entry. */
  const offsets = computed(() => {
    void measured.value;
    const all = keys();
    const starts = new Float64Array(all.length + 1);
    for (let i = 0; i < all.length; i++) starts[i + 1] = (starts[i] ?? 0) + (heights.get(all[i] ?? '') ?? guess(i));
    return starts;
  });

  /** The first line that ends below this height. */
  function lineAt(y: number): number {
    const starts = offsets.value;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((starts[middle + 1] ?? 0) > y) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  const range = computed(() => {
    const count = offsets.value.length - 1;
    const first = Math.max(0, Math.min(lineAt(top.value - AHEAD), count));
    const end = Math.min(count, lineAt(top.value + view.value + AHEAD) + 1);
    return { first, end };
  });
  const before = computed(() => offsets.value[range.value.first] ?? 0);
  const after = computed(() => {
    const starts = offsets.value;
    return (starts[starts.length - 1] ?? 0) - (starts[range.value.end] ?? 0);
  });

  const lineOf = (element: Element): string => (element as HTMLElement).dataset.line ?? '';
  const scrollOf = (y: number): number => y + (list.value?.offsetTop ?? 0);

  function capture() {
    const edge = box.value?.getBoundingClientRect().top ?? 0;
    for (const line of list.value?.children ?? []) {
      const { top: from, bottom } = line.getBoundingClientRect();
      if (bottom <= edge) continue;
      anchor = { key: lineOf(line), above: edge - from };
      return;
    }
    anchor = null;
  }

  function look() {
    const element = box.value;
    if (!element) return;
    view.value = element.clientHeight;
    top.value = element.scrollTop - (list.value?.offsetTop ?? 0);
  }

  function onScroll() {
    const element = box.value;
    if (!element) return;
    atEnd.value = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
    look();
    capture();
  }

  /** Puts what was at the upper edge back there, or the end to the lower one. */
  function settle() {
    const element = box.value;
    if (!element) return;
    if (atEnd.value) {
      element.scrollTop = element.scrollHeight;
    } else if (anchor) {
      const key = anchor.key;
      const line = [...(list.value?.children ?? [])].find((one) => lineOf(one) === key);
      if (line) {
        const moved = element.getBoundingClientRect().top - line.getBoundingClientRect().top - anchor.above;
        if (Math.abs(moved) > 0.5) element.scrollTop -= moved;
      }
    }
    look();
  }

  const seen = new Set<Element>();
  const sizes = new ResizeObserver((entries) => {
    let changed = false;
    for (const { target, borderBoxSize } of entries) {
      if (!target.isConnected) continue;
      const key = lineOf(target);
      const height = borderBoxSize[0]?.blockSize ?? 0;
      if (Math.abs((heights.get(key) ?? -1) - height) < 0.5) continue;
      heights.set(key, height);
      changed = true;
    }
    if (changed) measured.value += 1;
  });
  function observe() {
    const now = new Set<Element>(list.value?.children ?? []);
    for (const gone of seen) {
      if (now.has(gone)) continue;
      sizes.unobserve(gone);
      seen.delete(gone);
    }
    for (const line of now) {
      if (seen.has(line)) continue;
      sizes.observe(line);
      seen.add(line);
    }
  }

  // A keyboard, a banner or a growing composer takes room.
  const room = new ResizeObserver(settle);
  onMounted(() => {
    if (box.value) room.observe(box.value);
    observe();
    toEnd();
  });
  onUpdated(observe);
  onBeforeUnmount(() => {
    sizes.disconnect();
    room.disconnect();
  });

  // Before the lines change: what is at the edge; and which lines will be there, so that these are rendered.
  watch(
    keys,
    () => {
      if (atEnd.value) {
        top.value = (offsets.value.at(-1) ?? 0) - view.value;
        return;
      }
      capture();
      const index = anchor ? keys().indexOf(anchor.key) : -1;
      if (anchor && index >= 0) top.value = (offsets.value[index] ?? 0) + anchor.above;
    },
    { flush: 'pre' },
  );
  watch([keys, measured], settle, { flush: 'post' });

  function toEnd() {
    atEnd.value = true;
    top.value = (offsets.value.at(-1) ?? 0) - view.value;
    void nextTick().then(settle);
  }

  return {
    range,
    before,
    after,
    atEnd,
    onScroll,
    toEnd,
    /** Brings a line into sight. */
    async show(key: string): Promise<HTMLElement | undefined> {
      const index = keys().indexOf(key);
      const element = box.value;
      if (index < 0 || !element) return undefined;
      atEnd.value = false;
      const find = () =>
        [...(list.value?.children ?? [])].find((one) => lineOf(one) === key) as HTMLElement | undefined;
      if (!find()) {
        anchor = null;
        element.scrollTop = scrollOf((offsets.value[index] ?? 0) - view.value / 3);
        look();
        await nextTick();
      }
      const line = find();
      line?.scrollIntoView({ block: 'center' });
      onScroll();
      return line;
    },
  };
}
