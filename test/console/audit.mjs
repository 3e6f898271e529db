// What a page owes to people who do not see it, or see it badly: names, labels, headings, contrast,
// a visible focus that goes the way the page is read.

/* eslint-env browser */
function audit() {
  const wrongs = [];
  const seen = (node) =>
    node.checkVisibility?.({ opacityProperty: true, visibilityProperty: true });
  const say = (node, what) =>
    wrongs.push(
      `${what}: <${node.tagName.toLowerCase()} class="${node.getAttribute('class') || ''}"> ` +
        `${(node.textContent || '').trim().slice(0, 40)}`,
    );
  const named = (node) => {
    const by = node.getAttribute('aria-labelledby');
    if (by) return by.split(/\s+/).every((id) => document.getElementById(id)?.textContent.trim());
    if (node.getAttribute('aria-label')?.trim() || node.title?.trim()) return true;
    if (node.labels?.length) return [...node.labels].some((l) => l.textContent.trim());
    return (
      Boolean(node.textContent.trim()) && !['INPUT', 'SELECT', 'TEXTAREA'].includes(node.tagName)
    );
  };

  if (!document.documentElement.lang) wrongs.push('the page has no language');
  if (!document.title.trim()) wrongs.push('the page has no title');
  const h1 = [...document.querySelectorAll('h1')].filter((h) => h.checkVisibility?.() !== false);
  if (h1.length !== 1) wrongs.push(`${h1.length} headings of the first level`);
  if (document.querySelectorAll('main').length !== 1) wrongs.push('not one main part');

  const ids = new Set();
  for (const node of document.querySelectorAll('[id]')) {
    if (ids.has(node.id)) say(node, `id ${node.id} twice`);
    ids.add(node.id);
  }
  for (const node of document.querySelectorAll(
    'button, a, input, select, textarea, [role=button], ' +
      '[role=combobox], [role=dialog], [role=img], [role=listbox], nav, figure img',
  )) {
    if (!seen(node) && node.type !== 'file') continue;
    if (node.type === 'hidden' || node.getAttribute('aria-hidden') === 'true') continue;
    if (!named(node)) say(node, 'no name');
  }
  for (const node of document.querySelectorAll('a')) {
    if (!node.hasAttribute('href')) say(node, 'a link that leads nowhere');
  }
  for (const node of document.querySelectorAll(
    '[aria-controls], [aria-describedby], [aria-labelledby]',
  )) {
    for (const word of ['aria-controls', 'aria-describedby', 'aria-labelledby']) {
      for (const id of (node.getAttribute(word) || '').split(/\s+/).filter(Boolean)) {
        const closed = node.getAttribute('aria-expanded') === 'false';
        if (!document.getElementById(id) && !closed) say(node, `${word} names no element (${id})`);
      }
    }
  }
  for (const node of document.querySelectorAll('[tabindex]')) {
    if (node.tabIndex > 0) say(node, 'a tabindex above 0');
  }
  for (const node of document.querySelectorAll('table')) {
    if (seen(node) && !node.querySelector('th, caption'))
      say(node, 'a table without head or caption');
  }
  for (const node of document.querySelectorAll('button, [role=button], input:not([type=file])')) {
    const box = node.getBoundingClientRect();
    const inner = node.closest(
      '.el-input, .el-select, .el-checkbox, .el-radio-button, .el-textarea',
    );
    if (seen(node) && !inner && box.height > 0 && Math.min(box.width, box.height) < 23.5) {
      say(node, `a target of ${Math.round(box.width)}x${Math.round(box.height)}`);
    }
  }

  // Contrast: of each text against what is behind it.
  const colour = (text) => (text.match(/[\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => {
    const part = (v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const c = colour(getComputedStyle(at).backgroundColor);
      if (c.length === 3 || c[3] === 1) return c.slice(0, 3);
    }
    return colour(getComputedStyle(document.body).backgroundColor).slice(0, 3);
  };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const told = new Set();
  while (walk.nextNode()) {
    const node = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !seen(node) || told.has(node)) continue;
    if (node.closest('[disabled], [aria-disabled=true], .is-disabled, script, style, noscript'))
      continue;
    told.add(node);
    const style = getComputedStyle(node);
    const a = light(colour(style.color));
    const b = light(behind(node));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const big =
      parseFloat(style.fontSize) >= 24 ||
      (parseFloat(style.fontSize) >= 18.6 && style.fontWeight >= 600);
    if (ratio < (big ? 3 : 4.5)) say(node, `contrast ${ratio.toFixed(2)}`);
  }
  if (document.documentElement.scrollWidth > document.documentElement.clientWidth + 1) {
    wrongs.push('the page is wider than the screen');
  }
  return wrongs;
}

export const auditPage = (page) => page.evaluate(audit);

/** Tab through the page: the focus can be seen, and moves down the document until it wraps. */
export async function focusOrder(page, steps = 40) {
  const wrongs = [];
  await page.evaluate(() => {
    document.activeElement?.blur();
    window.lastFocus = null;
    window.firstFocus = null;
  });
  for (let i = 0; i < steps; i++) {
    await page.keyboard.press('Tab');
    const answer = await page.evaluate(() => {
      const node = document.activeElement;
      if (!node || node === document.body || node === window.firstFocus) return { end: true };
      window.firstFocus ||= node;
      const style = getComputedStyle(node);
      const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
      const frame = node.closest(
        '.el-input__wrapper, .el-select__wrapper, .el-textarea, .el-checkbox, .el-radio-button',
      );
      const words = (node.textContent || '').trim().slice(0, 30);
      const before = window.lastFocus;
      window.lastFocus = node;
      const back =
        before && (before.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_PRECEDING) !== 0;
      return {
        what: `<${node.tagName.toLowerCase()} class="${node.className}"> ${words}`,
        shown: ring || Boolean(frame),
        back,
      };
    });
    if (answer.end) break;
    if (!answer.shown) wrongs.push(`focus cannot be seen on ${answer.what}`);
    if (answer.back) wrongs.push(`focus goes back to ${answer.what}`);
  }
  return wrongs;
}
