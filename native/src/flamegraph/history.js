// Zooms and searches are entries of the browser's history.
var restoring = false;
function remember(url) {
    if (!restoring && url != parse_params(get_params())) history.pushState(null, null, url);
}
window.addEventListener("popstate", function() {
    var params = get_params();
    restoring = true;
    if (searching) search_prompt();
    unzoom();
    if (params.x && params.y)
        zoom(find_group(document.querySelector('[*|x="' + params.x + '"][y="' + params.y + '"]')));
    if (params.s) search(params.s);
    restoring = false;
});
