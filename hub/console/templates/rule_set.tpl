{{%AUTOESCAPE context="HTML"}}{{#PROBLEM}}<p class="verdict bad" role="alert">{{TEXT}}</p>{{/PROBLEM}}
<dl>
{{#FACT}}<dt>{{NAME}}</dt><dd>{{VALUE}}</dd>
{{/FACT}}</dl>
{{#CHANGES}}<h2>{{W_RULES_CHANGES}}</h2>
<pre tabindex="0">{{#LINE}}{{TEXT}}
{{/LINE}}</pre>{{/CHANGES}}
{{#WAITS}}<p class="verdict held">{{TEXT}}</p>{{/WAITS}}
{{#APPROVE}}<form method="post" action="/rules/{{HASH}}?lang={{LANG}}">
<p>{{W_RULES_APPROVE_TEXT}}</p>
<p><button type="submit">{{W_RULES_APPROVE_DO}}</button></p>
</form>{{/APPROVE}}
<p><a href="/rules?lang={{LANG}}">{{W_RULES_BACK}}</a></p>
