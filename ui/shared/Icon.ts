import { defineComponent, h, type PropType } from 'vue';
import { ICONS, type IconName } from './icons.ts';

/** An icon, always beside a text or on a control with a name of its own: it is hidden from assistive technology. */
export const Icon = defineComponent({
  name: 'WaIcon',
  props: { name: { type: String as PropType<IconName>, required: true }, small: Boolean },
  setup: (props) => () =>
    h('svg', { class: ['i', props.small && 's'], viewBox: '0 0 20 20', 'aria-hidden': 'true' }, [
      h('path', { d: ICONS[props.name] }),
    ]),
});
