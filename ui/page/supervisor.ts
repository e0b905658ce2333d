/** The supervisor's screens as a page of their own, as the desk's is. */
import './page.css';
import { createApp } from 'vue';
import { createPageTheme, pageThemeKey } from '../shared/pageTheme.ts';
import { UIWaSupervisor } from '../supervisor/index.ts';

// The page stands beside its API, wherever `httpNodeRoot` or a proxy has put both.
const apiRoot = location.pathname.replace(/\/supervisor\/?$/, '');

createApp(UIWaSupervisor, { props: { apiRoot } }).provide(pageThemeKey, createPageTheme()).mount('#supervisor');
