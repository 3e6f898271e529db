// Every word a page shows stands in both catalogues, every word of the catalogues is shown
// somewhere, and no page carries words of its own.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'node:test';

const SOURCE = fileURLToPath(new URL('../../console/src/', import.meta.url));
const files = readdirSync(SOURCE, { recursive: true })
  .filter((f) => /\.(vue|js)$/.test(f))
  .map((f) => [f, readFileSync(join(SOURCE, f), 'utf8')]);
const catalogue = (word) => JSON.parse(readFileSync(join(SOURCE, `words/${word}.json`), 'utf8'));
const zh = catalogue('zh');
const en = catalogue('en');

function keys(tree, before = '') {
  return Object.entries(tree).flatMap(([name, value]) =>
    typeof value === 'string' ? [before + name] : keys(value, `${before}${name}.`),
  );
}
const look = (tree, key) => key.split('.').reduce((t, part) => t?.[part], tree);

/** Keys named in full, and those put together, as their fixed beginning. */
function used() {
  const whole = new Set();
  const stems = new Set();
  for (const [, text] of files) {
    for (const [, key] of text.matchAll(/\$?\bt\(\s*'([\w.-]+)'/g)) whole.add(key);
    for (const [, stem] of text.matchAll(/\$?\bt\(\s*`([\w.-]+)\$\{/g)) stems.add(stem);
    for (const [, key] of text.matchAll(/'([a-z_]+\.[a-z_]+)'/g)) if (look(zh, key)) whole.add(key);
    for (const [, stem] of text.matchAll(/`([a-z_]+\.[a-z_]*)\$\{/g)) stems.add(stem);
  }
  return { whole, stems };
}

test('both_languages_have_the_same_words', () => {
  assert.deepEqual(keys(en), keys(zh));
});

test('words_put_in_are_the_same_in_both', () => {
  const holes = (text) => (text.match(/\{\w+\}/g) || []).sort();
  for (const key of keys(zh)) {
    assert.deepEqual(holes(look(en, key)), holes(look(zh, key)), key);
  }
});

test('no_word_is_missing', () => {
  for (const key of used().whole) assert.equal(typeof look(zh, key), 'string', key);
  for (const stem of used().stems) {
    assert.ok(
      keys(zh).some((key) => key.startsWith(stem)),
      `nothing begins with ${stem}`,
    );
  }
});

test('no_word_is_left_over', () => {
  const { whole, stems } = used();
  // Named by words that the server sends.
  const heads = 'role|purpose|action|object|see|day|stage|look_kind|review_reason|rule_tag';
  const ofServer = new RegExp(`^(${heads}|(trace|task|notice)_\\w+)\\.`);
  const quoted = new Set(files.flatMap(([, text]) => text.match(/'\w+'/g) || []));
  const put = (key, stem) =>
    key.startsWith(stem) &&
    (ofServer.test(key) || quoted.has(`'${key.slice(stem.length).replace(/_(what|todo)$/, '')}'`));
  const left = keys(zh).filter((key) => !whole.has(key) && ![...stems].some((s) => put(key, s)));
  assert.deepEqual(left, []);
});

test('english_is_english_and_chinese_is_chinese', () => {
  const own = new Set(['top.other_language', 'me.zh', 'me.en', 'form.send_key', 'purpose.none']);
  for (const key of keys(zh).filter((k) => !own.has(k))) {
    assert.doesNotMatch(look(en, key), /\p{Script=Han}/u, key);
    if (!/^\{.*\}$|^[\s、,]*$/.test(look(zh, key)))
      assert.match(look(zh, key), /[\p{Script=Han}、]|KB/u, key);
  }
});

test('no_page_carries_words_of_its_own', () => {
  const ATTRIBUTES = /\s(?:placeholder|title|aria-label|label|alt|empty)="([^"]*)"/g;
  for (const [name, text] of files) {
    const code = text
      .replace(/\/\*[\s\S]*?\*\/|(^|\s)\/\/.*$/gm, '')
      .replace(/<!--[\s\S]*?-->/g, '');
    // Chinese anywhere outside a comment: in dates only.
    const han = name === 'core/time.js' ? code.replace(/[年月日]/g, '') : code;
    assert.doesNotMatch(han.replace(/\[一-龥\]/g, ''), /\p{Script=Han}/u, name);
    const template = /<template>([\s\S]*)<\/template>/.exec(code)?.[1];
    if (!template) continue;
    const bare = template.replace(/\{\{[\s\S]*?\}\}/g, '').replace(/"[^"]*"/g, '""');
    for (const [, words] of bare.matchAll(/>([^<>]*)</g)) {
      assert.doesNotMatch(words.replace(/&\w+;/g, ''), /[A-Za-z]{2,}/, `${name}: ${words.trim()}`);
    }
    for (const [, words] of template.matchAll(ATTRIBUTES)) {
      assert.doesNotMatch(words, /[A-Za-z]{2,}/, `${name}: ${words}`);
    }
  }
});
