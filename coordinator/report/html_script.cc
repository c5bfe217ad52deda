#include "coordinator/report/html_assets.h"

namespace smokemesh::coordinator {

const char kHtmlScript[] = R"js(
(function(){
var d=document,root=d.documentElement;root.className='js';
function list(selector){return Array.prototype.slice.call(d.querySelectorAll(selector))}
var all=list('.check'),bars=list('.band a'),field=d.getElementById('filter');
var buttons=list('.tools button[data-outcome]'),choices=list('.tools select');
function hidden(c){return c.classList.contains('hide')}
function apply(){
  var words=field.value.toLowerCase().split(/\s+/).filter(Boolean),n=0;
  var on=buttons.filter(function(b){return b.getAttribute('aria-pressed')==='true'})
    .map(function(b){return b.getAttribute('data-outcome')});
  all.forEach(function(c){
    var text=c.getAttribute('data-text');
    var show=words.every(function(w){return text.indexOf(w)>=0})&&
      (!on.length||on.indexOf(c.getAttribute('data-outcome'))>=0)&&
      choices.every(function(s){return !s.value||(s.id==='suite'?
        c.getAttribute('data-suite')===s.value:
        c.getAttribute('data-agents').indexOf(' '+s.value+' ')>=0)});
    c.classList.toggle('hide',!show);if(show)n++;
  });
  list('section.checks').forEach(function(s){
    s.classList.toggle('hide',!s.querySelector('.check:not(.hide)'));
  });
  bars.forEach(function(b){
    b.classList.toggle('dim',hidden(d.getElementById(b.getAttribute('href').slice(1))));
  });
  d.getElementById('shown').textContent=n===all.length?n+' checks':n+' of '+all.length;
}
function reset(){
  field.value='';choices.forEach(function(s){s.value=''});
  buttons.forEach(function(b){b.setAttribute('aria-pressed','false')});apply();
}
function open(){
  var c=location.hash&&d.getElementById(location.hash.slice(1));
  if(!c||!c.classList.contains('check'))return;
  if(hidden(c))reset();
  c.open=true;c.scrollIntoView();
}
if(field){
  field.addEventListener('input',apply);
  choices.forEach(function(s){s.addEventListener('change',apply)});
  buttons.forEach(function(b){b.addEventListener('click',function(){
    b.setAttribute('aria-pressed',b.getAttribute('aria-pressed')!=='true');apply()})});
  d.getElementById('expand').addEventListener('click',function(){
    var shown=all.filter(function(c){return !hidden(c)});
    var close=shown.every(function(c){return c.open});
    shown.forEach(function(c){c.open=!close});
    this.textContent=close?'open all':'close all';
  });
  apply();
}
window.addEventListener('hashchange',open);open();
// The bars are one stop of the tab key; arrow keys walk within.
var detail=d.getElementById('bar');
function say(){detail.textContent=this.querySelector('title').textContent}
bars.forEach(function(b,i){
  if(i)b.setAttribute('tabindex','-1');
  b.addEventListener('focus',say);b.addEventListener('mouseenter',say);
  b.addEventListener('keydown',function(e){
    var step={ArrowRight:1,ArrowDown:1,ArrowLeft:-1,ArrowUp:-1}[e.key],next=bars[i+step];
    if(!next)return;
    e.preventDefault();b.setAttribute('tabindex','-1');next.setAttribute('tabindex','0');next.focus();
  });
});
var opened=[];
window.addEventListener('beforeprint',function(){
  opened=all.filter(function(c){return !c.open&&c.getAttribute('data-bad')});
  opened.forEach(function(c){c.open=true})});
window.addEventListener('afterprint',function(){opened.forEach(function(c){c.open=false})});
})();
)js";

}  // namespace smokemesh::coordinator
