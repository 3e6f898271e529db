// Two languages, Chinese first. What the server says comes in both; `say` takes the right one.
import { computed } from 'vue';
import { createI18n } from 'vue-i18n';
import elementEn from 'element-plus/es/locale/lang/en';
import elementZh from 'element-plus/es/locale/lang/zh-cn';
import en from '../words/en.json';
import zh from '../words/zh.json';

export const i18n = createI18n({
  legacy: false,
  locale: localStorage.getItem('language') === 'en' ? 'en' : 'zh',
  messages: { zh, en },
});

export const language = i18n.global.locale;
export const t = i18n.global.t;
export const elementLocale = computed(() => (language.value === 'zh' ? elementZh : elementEn));

export function setLanguage(word, keep = true) {
  language.value = word === 'en' ? 'en' : 'zh';
  if (keep) localStorage.setItem('language', language.value);
  document.documentElement.lang = language.value === 'zh' ? 'zh-CN' : 'en';
}
setLanguage(language.value, false);

/** Of anything that carries zh and en: the words in the language of the page. */
export function say(thing) {
  if (!thing) return '';
  return (language.value === 'en' ? thing.en || thing.zh : thing.zh || thing.en) || '';
}

/** What a list of a noun is called. */
export const sayMany = (noun) => say(noun && { zh: noun.zh, en: noun.en_many });

const numbers = new Intl.NumberFormat('en-US');
export const number = (n) => (n === null || n === undefined ? '' : numbers.format(n));
