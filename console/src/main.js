import { createApp } from 'vue';
import 'element-plus/theme-chalk/base.css';
import 'element-plus/theme-chalk/dark/css-vars.css';
import './styles/tokens.css';
import './styles/base.css';
import App from './app.vue';
import { i18n } from './core/i18n.js';
import './core/theme.js';
import { router } from './router.js';

createApp(App).use(i18n).use(router).mount('#app');
