{{%AUTOESCAPE context="HTML"}}{{#PROBLEM}}<p class="verdict bad" role="alert">{{TEXT}}</p>{{/PROBLEM}}
<p>{{W_RULES_INTRO}}</p>
<h2>{{W_RULES_PUBLISHED}}</h2>
<dl>
{{#FACT}}<dt>{{NAME}}</dt><dd>{{VALUE}}</dd>
{{/FACT}}</dl>
<h2>{{W_RULES_PROPOSALS}}</h2>
{{#NONE}}<p>{{W_RULES_NONE}}</p>{{/NONE}}
{{#PROPOSAL}}<section class="proposal">
<h3><a href="/rules/{{HASH}}?lang={{LANG}}">{{W_RULES_PROPOSAL}} <code>{{SHORT}}</code></a></h3>
<dl>
{{#FACT}}<dt>{{NAME}}</dt><dd>{{VALUE}}</dd>
{{/FACT}}</dl>
</section>
{{/PROPOSAL}}
{{#PROPOSE}}<h2>{{W_RULES_PROPOSE}}</h2>
<form method="post" action="/rules?lang={{LANG}}">
<p>{{W_RULES_PROPOSE_TEXT}}</p>
<p><label for="reason">{{W_RULES_REASON}}</label><br><input id="reason" name="reason" maxlength="500" required autocomplete="off"></p>
<p><button type="submit">{{W_RULES_PROPOSE_DO}}</button></p>
</form>{{/PROPOSE}}
<p><a href="/?lang={{LANG}}">{{W_BACK}}</a></p>
