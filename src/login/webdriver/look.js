// Takes the page as it is now, with every control numbered in a copy; the page itself is not touched.
const copy = document.implementation.createHTMLDocument('');
const root = copy.importNode(document.documentElement, true);
const names = 'form,input,button,select,textarea,a[href]';
const live = document.querySelectorAll(names);
const dead = root.querySelectorAll(names);
const elements = [];
if (live.length === dead.length) {
  live.forEach((element, number) => {
    const twin = dead[number];
    twin.setAttribute('data-carinbb', number);
    const kind = (element.getAttribute('type') || '').toLowerCase();
    const box = element.getBoundingClientRect();
    const shown = element.checkVisibility({ visibilityProperty: true }) && box.width > 0 && box.height > 0;
    // A box may be drawn by its label; anything else that cannot be seen is not for a person.
    if (!shown && element.localName !== 'form' && kind !== 'checkbox' && kind !== 'radio') {
      if (element.localName === 'input') { twin.setAttribute('type', 'hidden'); } else { twin.setAttribute('data-carinbb-unseen', ''); }
    }
    if (element.disabled) { twin.setAttribute('disabled', ''); } else { twin.removeAttribute('disabled'); }
    if (kind === 'checkbox' || kind === 'radio') {
      if (element.checked) { twin.setAttribute('checked', ''); } else { twin.removeAttribute('checked'); }
    }
    elements.push(element);
  });
  root.querySelectorAll('[data-carinbb-unseen]').forEach((element) => element.remove());
}
const entry = performance.getEntriesByType('navigation')[0];
return {
  html: root.outerHTML,
  text: document.body ? document.body.innerText.slice(0, 65536) : '',
  document: document.URL,
  type: document.contentType,
  ready: document.readyState,
  status: entry ? entry.responseStatus : 0,
  born: performance.timeOrigin,
  elements: elements,
};
