/* Arithmetic of colours: which a picture is made of, and what they are called. */
(() => {
  /** OKLab of sRGB 0..255 (Ottosson 2020): distances in it are those that are seen. */
  function labOf([r, g, b]) {
    const [x, y, z] = [r, g, b].map((one) => {
      const part = one / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    const l = Math.cbrt(0.4122214708 * x + 0.5363325363 * y + 0.0514459929 * z);
    const m = Math.cbrt(0.2119034982 * x + 0.6806995451 * y + 0.1073969566 * z);
    const s = Math.cbrt(0.0883024619 * x + 0.2817188376 * y + 0.6299787005 * z);
    return [
      0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
      1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
      0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
    ];
  }

  function rgbOf([L, a, b]) {
    const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
    const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
    const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
    return [
      4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
      -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
      -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
    ].map((one) => {
      const part = one <= 0.0031308 ? 12.92 * one : 1.055 * one ** (1 / 2.4) - 0.055;
      return Math.round(255 * Math.min(1, Math.max(0, part)));
    });
  }

  function apart(one, other) {
    return Math.hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2]);
  }

  function nearest(lab, centres) {
    let best = 0;
    for (let i = 1; i < centres.length; i += 1)
      if (apart(lab, centres[i]) < apart(lab, centres[best])) best = i;
    return best;
  }

  const MOST = 8;
  /** Centres nearer than this are told as one colour. */
  const ALIKE = 0.06;
  const LEAST_SHARE = 0.01;

  /**
   * The main colours of RGBA pixels, largest share first: k-means, begun from the colours that lie farthest apart, so that the
   * same picture always has the same palette. A picture of three colours has three.
   */
  function paletteOf(pixels) {
    const labs = [];
    for (let i = 0; i < pixels.length; i += 4) labs.push(labOf(pixels.subarray(i, i + 3)));
    const centres = [meanOf(labs)];
    while (centres.length < MOST) {
      const far = labs.reduce((a, b) =>
        apart(b, centres[nearest(b, centres)]) > apart(a, centres[nearest(a, centres)]) ? b : a,
      );
      if (apart(far, centres[nearest(far, centres)]) < ALIKE) break;
      centres.push(far);
    }
    let groups = [];
    for (let round = 0; round < 12; round += 1) {
      groups = centres.map(() => []);
      for (const lab of labs) groups[nearest(lab, centres)].push(lab);
      groups.forEach((group, i) => {
        if (group.length > 0) centres[i] = meanOf(group);
      });
    }
    return merged(groups.filter((group) => group.length > 0))
      .map((group) => ({ rgb: rgbOf(meanOf(group)), share: group.length / labs.length }))
      .filter(({ share }) => share >= LEAST_SHARE)
      .sort((a, b) => b.share - a.share);
  }

  function merged(groups) {
    for (let i = 0; i < groups.length; i += 1)
      for (let j = i + 1; j < groups.length; j += 1)
        if (apart(meanOf(groups[i]), meanOf(groups[j])) < ALIKE) {
          const others = groups.filter((_, k) => k !== i && k !== j);
          return merged([...others, [...groups[i], ...groups[j]]]);
        }
    return groups;
  }

  function meanOf(labs) {
    const sum = [0, 0, 0];
    for (const lab of labs) for (let i = 0; i < 3; i += 1) sum[i] += lab[i];
    return sum.map((one) => one / labs.length);
  }

  function hexOf(rgb) {
    return `#${rgb.map((one) => one.toString(16).padStart(2, '0')).join('')}`;
  }

  const NAMES = {
    ...{
      black: '000000',
      charcoal: '36393f',
      grey: '808080',
      silver: 'c0c0c0',
      white: 'ffffff',
      cream: 'f6efd9',
    },
    ...{
      maroon: '6e1423',
      crimson: 'b3142e',
      red: 'e02020',
      coral: 'ff7f6a',
      salmon: 'f2a58e',
      pink: 'f5a3c0',
    },
    ...{
      brown: '6b4423',
      'dark brown': '3a2415',
      rust: 'a8481c',
      tan: 'c9a27a',
      beige: 'ddcfb4',
      orange: 'f28c1e',
    },
    ...{ gold: 'd4a017', yellow: 'f5dc2e', olive: '77762b', 'lime green': '8fce2b', green: '2f9a44' },
    ...{ 'forest green': '1f4d2b', sage: '9aac8c', mint: 'a5e0c4', teal: '1a7a7d', turquoise: '3cc8c0' },
    ...{
      cyan: '20d8f0',
      'sky blue': '7fbfea',
      'steel blue': '4d7ea8',
      blue: '2453d6',
      'navy blue': '16224f',
    },
    ...{
      slate: '56657a',
      indigo: '3f2a8c',
      purple: '7d35a8',
      lavender: 'b9a7e0',
      plum: '6a2c5a',
      magenta: 'd82fb0',
    },
  };
  const NAMED = Object.entries(NAMES).map(([name, hex]) => {
    const rgb = [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
    return { name, lab: labOf(rgb) };
  });

  /** As one says it in a prompt. */
  function nameOf(rgb) {
    const lab = labOf(rgb);
    return NAMED.reduce((a, b) => (apart(lab, b.lab) < apart(lab, a.lab) ? b : a)).name;
  }

  window.colours = Object.freeze({ paletteOf, hexOf, nameOf });
})();
