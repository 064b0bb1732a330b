/** The style sheet of the page. Colours have a contrast of at least 4.5 to 1 on their background, in both schemes. */
const LIGHT = `--page:#f3f5f7;--card:#fff;--ink:#1a2027;--quiet:#55606b;--rule:#e1e6eb;--critical:#b3001e;--unknown:#6236a8;--warning:#8a4b00;--ok:#19692f;--due:#1d5aa3;--tint:9%`;
const DARK = `--page:#111418;--card:#1a1f25;--ink:#e7eaed;--quiet:#a2adb8;--rule:#2d353e;--critical:#ff8a84;--unknown:#c3acff;--warning:#f3b05a;--ok:#7ed095;--due:#86b8f5;--tint:14%`;

export const STYLE = `
:root{color-scheme:light dark;${LIGHT}}
@media(prefers-color-scheme:dark){:root{${DARK}}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:120rem;padding:1.5rem clamp(1rem,2.5vw,2.5rem);background:var(--page);color:var(--ink);font:15px/1.45 system-ui,"Segoe UI",Roboto,"Liberation Sans",sans-serif}
h1{margin:0;font-size:clamp(1.35rem,1.1rem + 1vw,1.9rem);line-height:1.2;letter-spacing:-.01em}
h2{margin:0 0 .75rem;font-size:1.1rem}
p{margin:0}small{font-size:.8rem}
.quiet{color:var(--quiet)}
.lead{margin:.25rem 0 0}
.hidden,.again{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.card{background:var(--card);border:1px solid var(--rule);border-radius:.75rem;padding:1.1rem 1.25rem;min-width:0}
.critical{--state:var(--critical)}.unknown,.silent{--state:var(--unknown)}.warning{--state:var(--warning)}.ok{--state:var(--ok)}.info{--state:var(--due)}
.tiles{display:grid;grid-template-columns:repeat(4,minmax(0,11rem));gap:.75rem;list-style:none;margin:1rem 0 .75rem;padding:0}
.tiles li{background:var(--card);border:1px solid var(--rule);border-left:4px solid var(--state);border-radius:.6rem;padding:.6rem .9rem;color:var(--state)}
.tiles strong{display:block;font-size:1.7rem;line-height:1.15;font-variant-numeric:tabular-nums}
.tiles .none{--state:var(--quiet);border-left-color:var(--rule)}
.badge{display:inline-block;padding:.05rem .5rem;border-radius:1rem;font-size:.8rem;font-weight:600;color:var(--state);background:color-mix(in srgb,var(--state) var(--tint),transparent);white-space:nowrap}
main{display:grid;gap:1.25rem;margin:1.25rem 0}
.lists{display:grid;gap:1.25rem;align-content:start;grid-template-columns:minmax(0,1fr)}
.list{list-style:none;margin:0;padding:0;display:grid;gap:.9rem}
.list li{border-left:3px solid var(--state,var(--rule));padding-left:.75rem;overflow-wrap:anywhere}
.list b{color:var(--ink);font-weight:600}
details{margin-top:1rem}summary{cursor:pointer;color:var(--due)}details .list{margin-top:.75rem}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;list-style:none;margin:0 0 .6rem;padding:0;font-size:.85rem;color:var(--quiet)}
.legend li{display:flex;align-items:center;gap:.35rem}
table{width:100%;border-collapse:collapse}
th{text-align:left;font-weight:600;font-size:.85rem}
thead th{color:var(--quiet);vertical-align:bottom;padding:.3rem .6rem .3rem 0;background:var(--card);position:sticky;top:0;z-index:1;font-weight:500}
td,tbody th{padding:.28rem .6rem .28rem 0;vertical-align:middle;line-height:1.25}
tbody{border-top:1px solid var(--rule)}
tbody th{vertical-align:top;font-size:.95rem;padding-top:.5rem}.site{min-width:5.5rem}
td.line,th.line{padding:0 .9rem 0 0;width:42%}
.expires{white-space:nowrap;font-variant-numeric:tabular-nums}
td.expires strong{color:var(--state);font-weight:600}
tr.ok td.expires strong{color:var(--ink)}
td.what{font-size:.88rem;color:var(--quiet);overflow-wrap:anywhere}
tr.critical td.what,tr.unknown td.what,tr.warning td.what{color:var(--ink)}
svg{display:block;overflow:visible}
.axis text{font-size:12px;fill:var(--quiet);text-anchor:middle}.axis .date{font-size:11px}
.base{stroke:var(--rule);stroke-width:2}.stop{stroke:var(--rule)}
.past{fill:color-mix(in srgb,var(--critical) 16%,transparent)}.week{fill:color-mix(in srgb,var(--critical) 7%,transparent)}.month{fill:color-mix(in srgb,var(--warning) 7%,transparent)}
.line svg svg,.legend svg svg{stroke:var(--card);stroke-width:1.5}
svg.expired{stroke:var(--critical)!important;stroke-width:3!important;fill:none}
svg.urgent{fill:var(--warning)}svg.due{fill:var(--due)}svg.valid{fill:var(--ok)}
svg.renews{fill:var(--card);stroke:var(--due)!important;stroke-width:2!important}
@media(min-width:800px){td.node{min-width:11.5rem}td.node small{white-space:nowrap}}
@media(min-width:1500px){
main{grid-template-columns:minmax(0,1fr) 34rem;grid-template-rows:auto 1fr;align-items:start}
.timeline{grid-column:1;grid-row:1/span 2}.lists,.renewals{grid-column:2}
}
@media(min-width:800px) and (max-width:1499px){.lists{grid-template-columns:minmax(0,3fr) minmax(0,2fr)}.renewals .list{grid-template-columns:repeat(2,minmax(0,1fr))}}
@media(max-width:799px){
body{padding:1rem .75rem}.card{padding:.9rem .8rem}
.tiles{gap:.4rem;grid-template-columns:repeat(4,minmax(0,1fr))}.tiles li{padding:.4rem .5rem}.tiles strong{font-size:1.3rem}.tiles span{font-size:.8rem}
table,thead,tbody{display:block}
tr{display:grid;grid-template-columns:minmax(0,1fr) auto auto;grid-template-areas:"node state expires" "line line line" "what what what";column-gap:.6rem;align-items:center;padding:.5rem 0}
tbody tr+tr{border-top:1px dotted var(--rule)}
thead{position:sticky;top:0;z-index:1;background:var(--card)}
thead tr{display:block;padding:0}thead th:not(.line){position:absolute;width:1px;height:1px;min-width:0;padding:0;overflow:hidden;clip-path:inset(50%)}
thead th{position:static}thead th.line{display:block;width:100%}
td,tbody th{padding:0;display:block}
tbody th.site{grid-column:1/-1}.site .again{display:none}
tr:has(.site .again){grid-template-areas:"node state expires" "line line line" "what what what"}
td.node{grid-area:node}td.state{grid-area:state}td.expires{grid-area:expires;text-align:right}td.line{grid-area:line;width:auto;padding:0;margin:.25rem 0}td.what{grid-area:what}
tbody th.site:not(:has(.again)){grid-area:site;padding-bottom:.15rem}
tr:not(:has(.again)){grid-template-areas:"site site site" "node state expires" "line line line" "what what what"}
}
@media print{
:root{${LIGHT};--page:#fff}
body{max-width:none;padding:0;font-size:11px}.card{border:0;padding:0 0 1rem;border-radius:0}
main,.lists{display:block}main>*,.lists>*{margin-top:1rem}
thead{display:table-header-group}thead th{position:static}tr,.list li{break-inside:avoid}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
}
`.trim();
