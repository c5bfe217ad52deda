// Questions to a page, asked by report_test.py. `probe` is one object of functions.
const probe = {
  // Colours as [r, g, b, a].
  color(text) {
    const parts = text.match(/[\d.]+/g).map(Number);
    return parts.length === 3 ? [...parts, 1] : parts;
  },
  over(top, below) {
    return [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  },
  luminance(color) {  // WCAG 2.2, "relative luminance"
    const [r, g, b] = color.slice(0, 3).map(v => {
      v /= 255;
      return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  },
  behind(element) {
    if (!element) return [255, 255, 255, 1];
    const own = probe.color(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own : probe.over(own, probe.behind(element.parentElement));
  },
  // Text with less contrast than WCAG's 4.5 (3 for large text).
  faint() {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    let looked = 0;
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      if (!walker.currentNode.textContent.trim() || /^(script|style|title|option)$/i.test(element.tagName))
        continue;
      const style = getComputedStyle(element);
      if (!element.getClientRects().length || style.visibility === 'hidden') continue;
      looked++;
      let below = probe.behind(element.closest('svg') ? element.closest('div') : element);
      let ink = probe.color(style.color);
      if (element.closest('svg')) {
        ink = probe.color(style.fill);
        const bar = element.closest('.bar');
        if (bar) {
          const fill = getComputedStyle(bar.querySelector('.body'));
          below = probe.over([...probe.color(fill.fill).slice(0, 3), Number(fill.fillOpacity)], below);
        }
      }
      const pair = [probe.luminance(ink), probe.luminance(below)].sort((a, b) => b - a);
      const contrast = (pair[0] + 0.05) / (pair[1] + 0.05);
      const size = parseFloat(style.fontSize);
      const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      if (contrast < (large ? 3 : 4.5))
        found.push(`${contrast.toFixed(2)} ${element.className.baseVal ?? element.className} "${
            walker.currentNode.textContent.trim().slice(0, 40)}"`);
    }
    return {looked, found};
  },
  // Bars of the timeline: how many, and those that are not where they belong.
  bars() {
    const bars = [...document.querySelectorAll('.band a')];
    const astray = bars.filter(link => {
      const bar = link.querySelector('.body').getBoundingClientRect();
      const band = link.closest('.band').getBoundingClientRect();
      return !(bar.width > 0.5 && bar.height > 3 && bar.left >= band.left - 1 &&
               bar.right <= band.right + 1 && bar.top >= band.top - 1 && bar.bottom <= band.bottom + 1);
    });
    // Bars of one band in one row must not cover one another.
    let covered = 0;
    for (const band of document.querySelectorAll('.band')) {
      const rows = new Map();
      for (const body of band.querySelectorAll('a .body')) {
        const box = body.getBoundingClientRect();
        const row = rows.get(Math.round(box.top)) || [];
        if (row.some(other => box.left < other.right - 4 && other.left < box.right - 4)) covered++;
        row.push(box);
        rows.set(Math.round(box.top), row);
      }
    }
    return {count: bars.length, astray: astray.length, covered};
  },
  visible() {
    return [...document.querySelectorAll('.check')].filter(c => c.getClientRects().length > 0)
        .map(c => c.querySelector('.name').textContent);
  },
  tooWide() {
    return document.documentElement.scrollWidth - document.documentElement.clientWidth;
  },
  openAll() {
    document.querySelectorAll('details').forEach(d => { d.open = true; });
  },
};
