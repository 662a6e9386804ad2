// Part of inferno's script, whose functions and variables it uses: zooms and searches become entries of the browser's
// history.
let restoring = false;
// biome-ignore lint/correctness/noUnusedVariables: script.rs has inferno's script call it.
function remember(url) {
  if (!restoring && url !== parse_params(get_params())) history.pushState(null, null, url);
}
window.addEventListener('popstate', () => {
  const params = get_params();
  restoring = true;
  if (searching) search_prompt();
  unzoom();
  if (params.x && params.y)
    zoom(find_group(document.querySelector(`[*|x="${params.x}"][y="${params.y}"]`)));
  if (params.s) search(params.s);
  restoring = false;
});
