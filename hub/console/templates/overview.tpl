{{%AUTOESCAPE context="HTML"}}<p>{{SCOPE}}</p>
{{#EMPTY}}<p>{{W_EMPTY}}</p>{{/EMPTY}}
{{#TABLE}}<table role="table">
<caption>{{W_CAPTION}}</caption>
<thead role="rowgroup">
<tr role="row">
<th role="columnheader" scope="col">{{W_TIME}}</th>
<th role="columnheader" scope="col">{{W_FROM}}</th>
<th role="columnheader" scope="col">{{W_TO}}</th>
<th role="columnheader" scope="col">{{W_KIND}}</th>
<th role="columnheader" scope="col">{{W_OUTCOME}}</th>
<th role="columnheader" scope="col">{{W_GROUND}}</th>
<th role="columnheader" scope="col">{{W_FIELDS}}</th>
<th role="columnheader" scope="col">{{W_RECEIPT}}</th>
</tr>
</thead>
<tbody role="rowgroup">
{{#ROW}}<tr role="row">
<td role="cell" data-label="{{W_TIME}}"><time datetime="{{TIME_UTC}}">{{TIME}}</time></td>
<td role="cell" data-label="{{W_FROM}}">{{FROM}}</td>
<td role="cell" data-label="{{W_TO}}">{{TO}}</td>
<td role="cell" data-label="{{W_KIND}}"><code>{{#KIND}}{{PART}}<wbr>{{/KIND}}</code></td>
<td role="cell" data-label="{{W_OUTCOME}}"><span class="outcome {{OUTCOME_CLASS}}">{{OUTCOME}}</span></td>
<td role="cell" data-label="{{W_GROUND}}">{{GROUND}}</td>
<td role="cell" data-label="{{W_FIELDS}}">{{#FIELDS}}<p class="fields"><span class="label">{{LABEL}}:</span> {{LIST}}</p>{{/FIELDS}}</td>
<td role="cell" class="receipt" data-label="{{W_RECEIPT}}">{{W_LEAF}} {{LEAF}}<br><a href="/verify/{{ID}}?lang={{LANG}}">{{W_VERIFY}}<span class="unseen"> {{W_LEAF}} {{LEAF}}</span></a></td>
</tr>
{{/ROW}}</tbody>
</table>{{/TABLE}}
