<<<<<<<< HEAD:transport/console/dist/assets/get-sorted-breakpoints-Dfcei2tV.js
import{b as e}from"./index-wpLtPeHB.js";function t(t,n){return t in n?e(n[t]):e(t)}function n(e,n){let r=e.map(e=>({value:e,px:t(e,n)}));return r.sort((e,t)=>e.px-t.px),r}export{t as n,n as t};
========
import{P as e}from"./index-eSmnbsQx.js";function t(t,n){return t in n?e(n[t]):e(t)}function n(e,n){let r=e.map(e=>({value:e,px:t(e,n)}));return r.sort((e,t)=>e.px-t.px),r}export{t as n,n as t};
>>>>>>>> 0827dd2 (Try the departure of a user against changes of both kinds, and build the console):transport/console/dist/assets/get-sorted-breakpoints-DbqSgna5.js
