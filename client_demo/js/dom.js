// Elements in one call.

/** @typedef {Node | string | null | false | undefined} Child */

/**
 * @param {string} tag element, with classes: `button.primary.wide`
 * @param {Record<string, any>} [props] `on*` listeners, `testid`, DOM properties, else attributes
 * @param {...(Child | Child[])} children
 * @returns {any} the element; `any` because its type follows a string
 */
export function h(tag, props = {}, ...children) {
  const [name, ...classes] = tag.split('.');
  const element = document.createElement(name);
  if (classes.length > 0) element.className = classes.join(' ');
  for (const [key, value] of Object.entries(props)) setProp(element, key, value);
  for (const child of children.flat()) {
    if (child || child === '') element.append(/** @type {Node | string} */ (child));
  }
  return element;
}

/**
 * New children for a place, while whoever had the focus keeps it.
 *
 * @param {Element} place @param {...Node} children told apart by their test ids
 */
export function refill(place, ...children) {
  const focused = document.activeElement;
  const id = place.contains(focused) ? /** @type {HTMLElement} */ (focused).dataset.testid : null;
  place.replaceChildren(...children);
  if (!id) return;
  const same = place.querySelector(`[data-testid="${CSS.escape(id)}"]`);
  if (same instanceof HTMLElement) same.focus({ preventScroll: true });
}

/** @param {any} element @param {string} key @param {any} value */
function setProp(element, key, value) {
  if (value === undefined || value === null || value === false) return;
  if (key === 'testid') element.dataset.testid = value;
  else if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
  else if (key === 'style')
    for (const [k, v] of Object.entries(value)) element.style.setProperty(k, v);
  else if (key in element && key !== 'list' && key !== 'form') element[key] = value;
  else element.setAttribute(key, value === true ? '' : value);
}

/** @param {Record<string, string>} more names and their strokes, as in ICONS */
export function addIcons(more) {
  Object.assign(ICONS, more);
}

/** @param {string} name of a symbol below @returns {SVGSVGElement} */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', 'icon');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', ICONS[name] ?? '');
  svg.append(path);
  return svg;
}

/** Strokes on a 24 grid. @type {Record<string, string>} */
const ICONS = {
  close: 'M6 6l12 12M18 6L6 18',
  bag: 'M5.5 8.5h13l.9 11.5H4.6zM9 8.5V7a3 3 0 0 1 6 0v1.5',
  back: 'M15 5l-7 7 7 7',
  plus: 'M12 6v12M6 12h12',
  minus: 'M6 12h12',
  hand: 'M8 12V6.2a1.4 1.4 0 0 1 2.8 0V11V4.9a1.4 1.4 0 0 1 2.8 0V11V6a1.4 1.4 0 0 1 2.8 0v6V8.6a1.3 1.3 0 0 1 2.6 0V14c0 4-2.4 6.5-6.2 6.5-3 0-4.5-1.400-6-4.100L4.700 13.200a1.300 1.300 0 0 1 2.100-1.500z',
  store:
    'M4 9.500l1.500-5h13l1.500 5M5.500 11v8.500h13V11M4 9.500a2.300 2.300 0 0 0 4 1.500 2.700 2.700 0 0 0 4 0 2.700 2.700 0 0 0 4 0 2.300 2.300 0 0 0 4-1.500M10 19.500V15h4v4.500',
  gift: 'M4.500 11.500v8h15v-8M3.500 8h17v3.500h-17zM12 8v11.500M12 8S10.500 3.500 8 4.200 8.500 8 12 8zM12 8s1.500-4.500 4-3.800S15.500 8 12 8z',
  check: 'M5 12.500l4.500 4.500L19 7.500',
  headset:
    'M4 9a2 2 0 0 1 2-2h12a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2h-2.500l-2.200-2.600a1.700 1.700 0 0 0-2.600 0L8.500 17H6a2 2 0 0 1-2-2z',
  send: 'M4.500 12h14M13 6l6 6-6 6',
  people:
    'M9 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM3.500 19c.3-3.300 2.500-5 5.500-5s5.200 1.700 5.500 5M15.500 11a2.500 2.500 0 1 0-.5-4.900M16.500 14.200c2.300.3 3.800 1.900 4 4.800',
  down: 'M12 4v13M6 11.500l6 6 6-6',
  unfold: 'M6.500 9.500l5.500 5.500 5.500-5.500',
  undo: 'M9 7L4.500 11.500 9 16M5 11.500h9a5 5 0 0 1 0 10h-2',
};
