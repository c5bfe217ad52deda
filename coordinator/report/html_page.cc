#include "coordinator/report/html_page.h"

#include <string_view>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "coordinator/report/markup.h"
#include "shared/uuid.h"

namespace smokemesh::coordinator {
namespace {

constexpr char kStyle[] = R"css(
:root{color-scheme:light dark;
--bg:#f6f7f9;--card:#fff;--line:#e3e6ea;--ink:#1b1f24;--soft:#5d6673;--faint:#8b94a1;--code:#f2f4f6;
--passed:#2c7a4b;--flaky:#8a7a10;--failed:#c4342b;--errored:#b4610f;--missing:#8b5a9e;--aborted:#9a7033;
--blocked:#5f6f86;--skipped:#a3abb6;--open:#c3c9d1;
--promote:#2c7a4b;--rollback:#c4342b;--hold:#a96a0b;--inconclusive:#6a5a9c;
--tint-promote:#eef7f1;--tint-rollback:#fdf1f0;--tint-hold:#fdf6ea;--tint-inconclusive:#f4f1fa}
@media (prefers-color-scheme:dark){:root{
--bg:#14171b;--card:#1c2025;--line:#2d333b;--ink:#e6e9ed;--soft:#a3acb8;--faint:#79828f;--code:#15181c;
--passed:#4fae76;--flaky:#c2ad35;--failed:#ee6a60;--errored:#e0903f;--missing:#bd8ed0;--aborted:#c79c5e;
--blocked:#8c9db5;--skipped:#66707d;--open:#4a525d;
--promote:#5bbf84;--rollback:#f4776d;--hold:#e5a643;--inconclusive:#a999dd;
--tint-promote:#17251d;--tint-rollback:#2b1a19;--tint-hold:#2a2216;--tint-inconclusive:#221f30}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",
Roboto,"Helvetica Neue",Arial,sans-serif;-webkit-text-size-adjust:100%}
main{max-width:1080px;margin:0 auto;padding:32px 24px 64px}
code,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;
font-size:.88em}
h1{font-size:15px;font-weight:600;margin:0}
h2{font-size:13px;font-weight:600;letter-spacing:.06em;text-transform:uppercase;color:var(--soft);
margin:40px 0 12px}
p{margin:0}
a{color:inherit}
.top{display:flex;justify-content:space-between;gap:16px;flex-wrap:wrap;margin-bottom:16px}
.top .facts{color:var(--soft);font-size:13.5px}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px}
.banner{padding:26px 28px 24px;border-left-width:6px}
.banner .row{display:flex;justify-content:space-between;align-items:flex-start;gap:24px}
.banner .word{font-size:40px;line-height:1.1;font-weight:700;letter-spacing:-.02em}
.banner .summary{font-size:17px;margin-top:8px;overflow-wrap:anywhere}
.banner .exit{flex:none;text-align:center;border:1px solid var(--line);background:var(--card);
border-radius:8px;padding:6px 14px;font-size:12px;color:var(--soft)}
.banner .exit b{display:block;font-size:24px;line-height:1.2;color:var(--ink)}
.v-promote{border-left-color:var(--promote);background:var(--tint-promote)}.v-promote .word{color:var(--promote)}
.v-rollback{border-left-color:var(--rollback);background:var(--tint-rollback)}.v-rollback .word{color:var(--rollback)}
.v-hold{border-left-color:var(--hold);background:var(--tint-hold)}.v-hold .word{color:var(--hold)}
.v-inconclusive,.v-undecided{border-left-color:var(--inconclusive);background:var(--tint-inconclusive)}
.v-inconclusive .word,.v-undecided .word{color:var(--inconclusive)}
.banner ul{margin:12px 0 0;padding-left:18px;color:var(--soft)}
.stack{display:block;width:100%;border-radius:4px;overflow:hidden}
.banner .stack{margin-top:20px}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;margin-top:10px;font-size:13.5px;color:var(--soft)}
.legend i{display:inline-block;width:9px;height:9px;border-radius:2px;margin-right:6px;
background:currentColor}
.legend b{color:var(--ink);font-weight:600}
.o-passed{color:var(--passed)}.o-flaky{color:var(--flaky)}.o-failed{color:var(--failed)}
.o-errored{color:var(--errored)}.o-missing{color:var(--missing)}.o-aborted{color:var(--aborted)}
.o-blocked{color:var(--blocked)}.o-skipped{color:var(--skipped)}.o-open{color:var(--open)}
svg rect{fill:currentColor}
table{width:100%;border-collapse:collapse}
th{text-align:left;font-size:12.5px;font-weight:600;color:var(--faint);padding:10px 16px 8px;
border-bottom:1px solid var(--line)}
td{padding:11px 16px;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
tr:last-child td{border-bottom:0}
td.tight,th.tight{white-space:nowrap;width:1%}
td .sub{display:block;color:var(--soft);font-size:13.5px;margin-top:3px}
tr.holds td:first-child{box-shadow:inset 3px 0 0 var(--rollback)}
.pill{display:inline-block;font-size:11.5px;font-weight:600;letter-spacing:.03em;padding:1px 8px;
border-radius:99px;border:1px solid currentColor;white-space:nowrap}
.pill.clear{color:var(--faint);border-color:var(--line)}
.pill.bad{color:var(--rollback)}
.pill.tag{color:var(--failed);border-color:transparent;padding:0 2px}
.late,td .sub.late{color:var(--hold)}
td .sub{font-weight:400}td.limit{white-space:nowrap}
td.bar{width:26%;padding-top:19px}
.timeline{display:grid;grid-template-columns:minmax(90px,max-content) 1fr;gap:6px 16px;
padding:14px 16px 12px;background:var(--card);border:1px solid var(--line);border-radius:10px}
.lane{font-size:13.5px;padding-top:2px;color:var(--soft);max-width:210px;overflow-wrap:anywhere}
.timeline>svg{width:100%;display:block}
.scale text{fill:var(--faint);font-size:11.5px}
.band line{stroke:var(--line)}
.bar text{fill:#fff;font-size:11.5px;pointer-events:none}
@media (prefers-color-scheme:dark){.bar text{fill:#0f1215}}
.bar rect{opacity:.92}.band a:hover rect,.band a:focus rect{opacity:.7}
.tools{display:none;gap:8px;flex-wrap:wrap;align-items:center;position:sticky;top:0;z-index:1;
background:var(--bg);padding:10px 0;margin-top:28px}
.js .tools{display:flex}
.tools input{flex:1 1 220px;min-width:0;font:inherit;color:inherit;background:var(--card);
border:1px solid var(--line);border-radius:8px;padding:7px 12px}
.tools button{font:inherit;font-size:13.5px;color:var(--soft);background:var(--card);
border:1px solid var(--line);border-radius:99px;padding:5px 12px;cursor:pointer}
.tools button[aria-pressed=true]{color:var(--ink);border-color:var(--soft);font-weight:600}
.tools output{font-size:13.5px;color:var(--faint);min-width:70px;text-align:right}
input:focus-visible,button:focus-visible,summary:focus-visible,a:focus-visible{
outline:2px solid var(--inconclusive);outline-offset:2px}
.tools+section h2{margin-top:14px}
.check{border-bottom:1px solid var(--line);scroll-margin-top:64px}
.check:last-child{border-bottom:0}
.check>summary{display:flex;gap:10px;align-items:baseline;padding:10px 16px;cursor:pointer;
list-style:none}
.check>summary::-webkit-details-marker{display:none}
.check>summary:hover{background:var(--code)}
.card>.check:first-child>summary{border-radius:10px 10px 0 0}
.sign{flex:none;width:16px;text-align:center;font-weight:700}
.name{font-weight:600;overflow-wrap:anywhere}
.where{color:var(--faint);font-size:13.5px}
.right{margin-left:auto;flex:none;color:var(--soft);font-size:13.5px;white-space:nowrap}
.right .word{display:inline-block;min-width:74px;text-align:right;font-weight:600;font-size:12.5px}
.body{padding:2px 16px 18px 42px}
.impact{color:var(--soft);margin-bottom:10px}
.reason{margin-bottom:10px;overflow-wrap:anywhere}
.agent{margin-top:12px}
.agent h3{font-size:13.5px;font-weight:600;margin:0 0 6px}
.agent h3 span{font-weight:400;color:var(--soft)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:0;margin:0 0 10px;background:var(--code);
border:1px solid var(--line);border-radius:8px;padding:8px 0}
dt{color:var(--faint);font-size:13px;padding:3px 16px 3px 14px}
dd{margin:0;padding:3px 14px 3px 0;overflow-wrap:anywhere;white-space:pre-wrap;min-width:0}
dd.seen{color:var(--failed);font-weight:600}
.steps td,.steps th{padding:5px 10px 5px 0;font-size:13.5px}
.steps th{padding-top:2px}
.steps td.num{color:var(--faint)}
.muted{color:var(--soft)}
.body>.note{margin:12px 0 0;color:var(--faint)}
.note{color:var(--soft);font-size:13.5px;margin-bottom:10px}
.leftover td:first-child{font-weight:600}
footer{margin-top:40px;color:var(--faint);font-size:12.5px;overflow-wrap:anywhere}
.hide{display:none}
@media (max-width:680px){td.limit{white-space:normal}main{padding:20px 14px 48px}.banner{padding:20px}.banner .word{font-size:32px}
.body{padding-left:16px}.check>summary{flex-wrap:wrap}td.bar,th.bar{display:none}
.timeline{grid-template-columns:1fr}.scale{display:none!important}.timeline>div:first-child{display:none}}
@media print{:root{color-scheme:light;--bg:#fff;--card:#fff;--line:#d5d9de;--ink:#000;--soft:#444;
--faint:#666;--code:#f5f5f5;--passed:#2c7a4b;--failed:#b3261e;--promote:#2c7a4b;--rollback:#b3261e;
--tint-promote:#fff;--tint-rollback:#fff;--tint-hold:#fff;--tint-inconclusive:#fff}
body{font-size:11px}main{max-width:none;padding:0}.tools{display:none!important}
.bar text{fill:#fff}
.check,.agent,tr,.banner{break-inside:avoid}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
)css";

constexpr char kScript[] = R"js(
(function(){
var d=document,root=d.documentElement;root.className='js';
var all=Array.prototype.slice.call(d.querySelectorAll('.check'));
var field=d.getElementById('filter'),out=d.getElementById('shown');
var buttons=Array.prototype.slice.call(d.querySelectorAll('.tools button[data-outcome]'));
function apply(){
  var words=field.value.toLowerCase().split(/\s+/).filter(Boolean),n=0;
  var on=buttons.filter(function(b){return b.getAttribute('aria-pressed')==='true'})
    .map(function(b){return b.getAttribute('data-outcome')});
  all.forEach(function(c){
    var text=c.getAttribute('data-text');
    var show=words.every(function(w){return text.indexOf(w)>=0})&&
      (!on.length||on.indexOf(c.getAttribute('data-outcome'))>=0);
    c.classList.toggle('hide',!show);if(show)n++;
  });
  Array.prototype.forEach.call(d.querySelectorAll('section.checks'),function(s){
    s.classList.toggle('hide',!s.querySelector('.check:not(.hide)'));
  });
  out.textContent=n===all.length?n+' checks':n+' of '+all.length;
}
function open(){
  var c=location.hash&&d.getElementById(location.hash.slice(1));
  if(!c||!c.classList.contains('check'))return;
  if(c.classList.contains('hide')){field.value='';buttons.forEach(function(b){
    b.setAttribute('aria-pressed','false')});apply()}
  c.open=true;c.scrollIntoView();
}
if(field){
  field.addEventListener('input',apply);
  buttons.forEach(function(b){b.addEventListener('click',function(){
    b.setAttribute('aria-pressed',b.getAttribute('aria-pressed')!=='true');apply()})});
  d.getElementById('expand').addEventListener('click',function(){
    var shown=all.filter(function(c){return !c.classList.contains('hide')});
    var close=shown.every(function(c){return c.open});
    shown.forEach(function(c){c.open=!close});
  });
  apply();
}
window.addEventListener('hashchange',open);open();
var opened=[];
window.addEventListener('beforeprint',function(){
  opened=all.filter(function(c){return !c.open&&c.getAttribute('data-bad')});
  opened.forEach(function(c){c.open=true})});
window.addEventListener('afterprint',function(){opened.forEach(function(c){c.open=false})});
})();
)js";

// The value that names a script in a content security policy.
std::string ScriptHash(std::string_view script) {
  return absl::StrCat("sha256-", absl::Base64Escape(shared::Sha256(script)));
}

}  // namespace

std::string HtmlPage(const std::string& title, const std::string& body) {
  return absl::StrCat(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'; script-src '",
      ScriptHash(kScript),
      "'; base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
      EscapeMarkup(title), "</title>\n<style>", kStyle, "</style>\n</head>\n<body>\n<main>\n", body,
      "</main>\n<script>", kScript, "</script>\n</body>\n</html>\n");
}

}  // namespace smokemesh::coordinator
