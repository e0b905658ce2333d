import '../desk/styles/tokens.css';
import '../desk/styles/base.css';
import '../desk/styles/desk.css';
import '../desk/styles/widths.css';
import '../desk/styles/handling.css';
import './styles/supervisor.css';

export { default as UIWaSupervisor } from './UIWaSupervisor.vue';
