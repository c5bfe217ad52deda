#include "coordinator/report/html_assets.h"

namespace smokemesh::coordinator {

const char kHtmlStyle[] = R"css(
:root{color-scheme:light dark;
--bg:#f6f7f9;--card:#fff;--line:#e3e6ea;--ink:#1b1f24;--soft:#525c69;--faint:#626c78;--code:#f2f4f6;
--on:#fff;--tint:.22;
--passed:#2c7a4b;--flaky:#7a6a00;--failed:#c4342b;--errored:#a5560a;--missing:#8b5a9e;--aborted:#8a6226;
--blocked:#5a6a81;--skipped:#646d79;--open:#646d79;
--promote:#2c7a4b;--rollback:#c4342b;--hold:#8f5800;--inconclusive:#6a5a9c;
--tint-promote:#eef7f1;--tint-rollback:#fdf1f0;--tint-hold:#fdf6ea;--tint-inconclusive:#f4f1fa;
--s0:#2f6fbd;--s1:#0f8a8a;--s2:#7d57c2;--s3:#b07a10;--s4:#b84d8d;--s5:#4c6272;--s6:#6f7f1e;--s7:#4a55c4}
@media (prefers-color-scheme:dark){:root{
--bg:#14171b;--card:#1c2025;--line:#2d333b;--ink:#e6e9ed;--soft:#a9b2be;--faint:#929ba8;--code:#15181c;
--on:#0f1215;--tint:.32;
--passed:#4fae76;--flaky:#c2ad35;--failed:#ee6a60;--errored:#e0903f;--missing:#bd8ed0;--aborted:#c79c5e;
--blocked:#8c9db5;--skipped:#929ba8;--open:#929ba8;
--promote:#5bbf84;--rollback:#f4776d;--hold:#e5a643;--inconclusive:#a999dd;
--tint-promote:#17251d;--tint-rollback:#2b1a19;--tint-hold:#2a2216;--tint-inconclusive:#221f30;
--s0:#5b9be6;--s1:#35b8b8;--s2:#a384e6;--s3:#d6a23a;--s4:#dd7cb5;--s5:#8ba3b5;--s6:#a3b548;--s7:#8790ee}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1080px;padding:32px 24px 64px;background:var(--bg);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
-webkit-text-size-adjust:100%;text-size-adjust:100%}
code,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;
font-size:.88em}
h1{font-size:1.07em;font-weight:600;margin:0;overflow-wrap:anywhere}
h2{font-size:.87em;font-weight:600;letter-spacing:.06em;text-transform:uppercase;color:var(--soft);
margin:40px 0 12px;scroll-margin-top:64px}
p{margin:0}
a{color:inherit;text-decoration-color:var(--faint);text-underline-offset:2px}
.skip{position:absolute;left:-9999px}
.skip:focus{position:static;display:inline-block;margin-bottom:12px}
.top{display:flex;justify-content:space-between;gap:4px 16px;flex-wrap:wrap;margin-bottom:16px}
.top .facts{color:var(--soft);font-size:.9em;overflow-wrap:anywhere;min-width:0}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px}
.scroll{max-height:420px;overflow-y:auto}
.banner{padding:26px 28px 24px;border-left-width:6px}
.banner .row{display:flex;justify-content:space-between;align-items:flex-start;gap:24px}
.banner .row>div{min-width:0}
.banner .word{font-size:2.67em;line-height:1.1;font-weight:700;letter-spacing:-.02em;margin:0;
text-transform:none}
.banner .summary{font-size:1.13em;margin-top:8px;overflow-wrap:anywhere}
.banner .about{color:var(--soft);margin-top:10px;overflow-wrap:anywhere}
.banner .exit{flex:none;text-align:center;border:1px solid var(--line);background:var(--card);
border-radius:8px;padding:6px 14px;font-size:.8em;color:var(--soft)}
.banner .exit b{display:block;font-size:2em;line-height:1.2;color:var(--ink)}
.v-promote{border-left-color:var(--promote);background:var(--tint-promote)}.v-promote .word{color:var(--promote)}
.v-rollback{border-left-color:var(--rollback);background:var(--tint-rollback)}.v-rollback .word{color:var(--rollback)}
.v-hold{border-left-color:var(--hold);background:var(--tint-hold)}.v-hold .word{color:var(--hold)}
.v-inconclusive,.v-undecided{border-left-color:var(--inconclusive);background:var(--tint-inconclusive)}
.v-inconclusive .word,.v-undecided .word{color:var(--inconclusive)}
.banner ul{margin:12px 0 0;padding-left:18px;color:var(--soft);overflow-wrap:anywhere}
.stack{display:block;width:100%;border-radius:4px;overflow:hidden}
.banner .stack{margin-top:20px}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;margin-top:10px;font-size:.9em;color:var(--soft)}
.legend i,.swatch{display:inline-block;width:9px;height:9px;border-radius:2px;margin-right:6px;
background:currentColor}
.legend b{color:var(--ink);font-weight:600}.legend b.late{color:var(--hold)}
.o-passed{color:var(--passed)}.o-flaky{color:var(--flaky)}.o-failed{color:var(--failed)}
.o-errored{color:var(--errored)}.o-missing{color:var(--missing)}.o-aborted{color:var(--aborted)}
.o-blocked{color:var(--blocked)}.o-skipped{color:var(--skipped)}.o-open{color:var(--open)}
.d-promote{color:var(--promote)}.d-rollback{color:var(--rollback)}.d-hold{color:var(--hold)}
.d-inconclusive,.d-undecided{color:var(--inconclusive)}
.s0{--suite:var(--s0)}.s1{--suite:var(--s1)}.s2{--suite:var(--s2)}.s3{--suite:var(--s3)}
.s4{--suite:var(--s4)}.s5{--suite:var(--s5)}.s6{--suite:var(--s6)}.s7{--suite:var(--s7)}
.swatch{color:var(--suite)}
.stack rect{fill:currentColor}
nav{display:flex;flex-wrap:wrap;gap:4px 16px;margin-top:16px;font-size:.9em;color:var(--soft)}
table{width:100%;border-collapse:collapse}
thead th{text-align:left;font-size:.84em;font-weight:600;color:var(--faint);padding:10px 16px 8px;
border-bottom:1px solid var(--line)}
td,tbody th{padding:11px 16px;border-bottom:1px solid var(--line);vertical-align:top;text-align:left;
overflow-wrap:anywhere}
tbody th{font-weight:600}
.rules tbody th{width:22%}
tr:last-child>td,tr:last-child>th{border-bottom:0}
td.tight,th.tight{white-space:nowrap;width:1%}
.limit{color:var(--soft);font-size:.9em}
.sub{display:block;color:var(--soft);font-size:.9em;margin-top:3px;font-weight:400}
tr.holds>th{box-shadow:inset 3px 0 0 var(--rollback)}tr.holds.e-hold>th{box-shadow:inset 3px 0 0 var(--hold)}
.pill{display:inline-block;font-size:.77em;font-weight:600;letter-spacing:.03em;padding:1px 8px;
border-radius:99px;border:1px solid currentColor;white-space:nowrap}
.pill.clear{color:var(--faint);border-color:var(--line)}
.pill.tag{color:var(--failed);border-color:transparent;padding:0 2px}
.pill.soft{color:var(--soft);border-color:var(--line)}
.late,.sub.late{color:var(--hold)}
h2+.legend{margin:0 0 12px}
.nothing{padding:12px 16px;color:var(--soft)}
td.bar{width:26%;padding-top:19px}
.wide{overflow-x:auto}.causes{margin-top:12px}
.matrix td{white-space:nowrap}.matrix td.none{color:var(--faint)}
.timeline{display:grid;grid-template-columns:minmax(90px,max-content) minmax(0,1fr);gap:8px 16px;
padding:14px 16px 12px;background:var(--card);border:1px solid var(--line);border-radius:10px}
.lane{font-size:.9em;padding-top:2px;color:var(--soft);max-width:200px;overflow-wrap:anywhere}
.timeline>svg{width:100%;display:block}
.scale text{fill:var(--faint);font-size:11.5px}
.band line{stroke:var(--line)}
.band line.target{stroke:var(--ink);stroke-width:2;stroke-dasharray:4 3}
.band .body{fill:var(--suite);fill-opacity:var(--tint)}
.band .edge{fill:var(--suite)}
.band .bad .body{fill:currentColor;fill-opacity:1}
.bar text{fill:var(--ink);font-size:11.5px;pointer-events:none}
.bad .bar text{fill:var(--on)}
.band a:hover .body{fill-opacity:.5}.band .bad:hover .body{fill-opacity:.85}
.band a:focus-visible{outline:none}
.band a:focus-visible .body{stroke:var(--ink);stroke-width:3}
.band a.dim{opacity:.15}
#bar{min-height:1.5em;margin:8px 0 -16px}
.tools{display:none;gap:8px;flex-wrap:wrap;align-items:center;position:sticky;top:0;z-index:1;
background:var(--bg);padding:10px 0;margin-top:28px}
.js .tools{display:flex}
.tools input,.tools select{font:inherit;color:inherit;background:var(--card);min-width:0;
border:1px solid var(--line);border-radius:8px;padding:7px 12px}
.tools input{flex:1 1 220px}.tools input::placeholder{color:var(--faint);opacity:1}
.tools select{max-width:170px;padding:7px 8px;font-size:.9em}
.tools button{font:inherit;font-size:.9em;color:var(--soft);background:var(--card);
border:1px solid var(--line);border-radius:99px;padding:5px 12px;cursor:pointer}
.tools button[aria-pressed=true]{color:var(--ink);border-color:var(--ink);font-weight:600}
.tools output{font-size:.9em;color:var(--faint);min-width:70px;text-align:right;margin-left:auto}
input:focus-visible,select:focus-visible,button:focus-visible,summary:focus-visible,a:focus-visible,
.scroll:focus-visible,.wide:focus-visible{outline:2px solid var(--inconclusive);outline-offset:2px}
.tools+section h2{margin-top:14px}
.check{border-bottom:1px solid var(--line);scroll-margin-top:64px}
.check:last-child{border-bottom:0}
.check>summary{display:flex;gap:2px 10px;align-items:baseline;padding:10px 16px;cursor:pointer;
list-style:none}
.check>summary::-webkit-details-marker{display:none}
.check>summary:hover,.check:target>summary{background:var(--code)}
.card>.check:first-child>summary{border-radius:10px 10px 0 0}
.sign{flex:none;width:16px;text-align:center;font-weight:700}
.name{font-weight:600;overflow-wrap:anywhere;min-width:0}
.where{color:var(--faint);font-size:.9em;overflow-wrap:anywhere;min-width:0}
.right{margin-left:auto;flex:none;color:var(--soft);font-size:.9em;white-space:nowrap}
.right .word{display:inline-block;min-width:74px;text-align:right;font-weight:600;font-size:.93em}
.body{padding:2px 16px 18px 42px}
.impact{color:var(--soft);margin-bottom:10px;overflow-wrap:anywhere}
.reason{margin-bottom:10px;overflow-wrap:anywhere}
.agent{margin-top:12px}
.agent h3{font-size:.9em;font-weight:600;margin:0 0 6px;overflow-wrap:anywhere}
.agent h3 span{font-weight:400;color:var(--soft)}.agent h3 b{font-weight:600}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:0;margin:0 0 10px;
background:var(--code);border:1px solid var(--line);border-radius:8px;padding:8px 0}
dt{color:var(--faint);font-size:.87em;padding:3px 16px 3px 14px}
dd{margin:0;padding:3px 14px 3px 0;overflow-wrap:anywhere;white-space:pre-wrap;min-width:0}
dd.seen{color:var(--failed);font-weight:600}
.steps td{padding:5px 10px 5px 0;font-size:.9em}
.steps td.num{color:var(--faint)}
.muted{color:var(--soft)}
.body>.note{margin:12px 0 0;color:var(--faint);overflow-wrap:anywhere}
.note{color:var(--soft);font-size:.9em;margin-bottom:10px;overflow-wrap:anywhere}
footer{margin-top:40px;color:var(--faint);font-size:.84em;overflow-wrap:anywhere}
.hide{display:none}
@media (max-width:680px){body{padding:20px 14px 48px}.banner{padding:20px}.banner .word{font-size:2.13em}
.banner .row{gap:12px}
.body{padding-left:16px}.check>summary{flex-wrap:wrap}td.bar,th.bar{display:none}
.timeline{grid-template-columns:minmax(0,1fr)}.scale,.corner{display:none!important}.lane{max-width:none}
.bar text{display:none}
table.reflow thead{display:none}
table.reflow tr{display:block;padding:10px 16px;border-bottom:1px solid var(--line)}
table.reflow tr:last-child{border-bottom:0}
table.reflow td,table.reflow tbody th{display:block;width:auto;padding:2px 0;border:0}
tr.holds>th{box-shadow:none!important}.rules tbody th{width:auto}
.matrix td{white-space:normal}.matrix td.none{display:none!important}
table.reflow td[data-label]::before{content:attr(data-label) ": ";color:var(--soft)}
.steps td.mono{font-size:.8em}
.tools{position:static}.tools select{flex:1 1 120px;max-width:none}}
@media print{:root{color-scheme:light;--bg:#fff;--card:#fff;--line:#d5d9de;--ink:#000;--soft:#444;
--faint:#595959;--code:#f5f5f5;--on:#fff;--tint:.22;--passed:#2c7a4b;--flaky:#7a6a00;--failed:#b3261e;
--errored:#a5560a;--missing:#8b5a9e;--aborted:#8a6226;--blocked:#5a6a81;--skipped:#646d79;--open:#646d79;
--promote:#2c7a4b;--rollback:#b3261e;--hold:#8f5800;--inconclusive:#6a5a9c;
--tint-promote:#fff;--tint-rollback:#fff;--tint-hold:#fff;--tint-inconclusive:#fff;
--s0:#2f6fbd;--s1:#0f8a8a;--s2:#7d57c2;--s3:#b07a10;--s4:#b84d8d;--s5:#4c6272;--s6:#6f7f1e;--s7:#4a55c4}
body{font-size:11px;max-width:none;padding:0}.tools,nav,#bar,.skip{display:none!important}
.scroll{max-height:none;overflow:visible}.wide{overflow:visible}.matrix td{white-space:normal}
.check,.agent,tr,.banner,.timeline{break-inside:avoid}h2{break-after:avoid}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
)css";

}  // namespace smokemesh::coordinator
