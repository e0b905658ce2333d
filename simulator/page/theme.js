// Runs before the first paint, so that the page does not flash in the wrong theme.
(() => {
  const asked = new URLSearchParams(location.search).get('theme') ?? localStorage.getItem('phone-theme');
  const dark = asked ? asked === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
