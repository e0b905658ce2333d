/** The desk as a page of its own: the component of the widget, with Vue of its own and the theme of the machine or of a choice. */
import './page.css';
import { createApp } from 'vue';
import { UIWaDesk } from '../desk/index.ts';
import { createPageTheme, pageThemeKey } from '../shared/pageTheme.ts';

// The page stands beside its API, wherever `httpNodeRoot` or a proxy has put both.
const apiRoot = location.pathname.replace(/\/desk\/?$/, '');

createApp(UIWaDesk, { props: { apiRoot } }).provide(pageThemeKey, createPageTheme()).mount('#desk');
