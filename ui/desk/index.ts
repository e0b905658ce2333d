import './styles/tokens.css';
import './styles/base.css';
import './styles/desk.css';
import './styles/widths.css';
import './styles/handling.css';
import './styles/templates.css';
import './styles/media.css';

export { default as UIWaDesk } from './UIWaDesk.vue';
