{{%AUTOESCAPE context="HTML"}}<p class="verdict {{VERDICT_CLASS}}" role="status">{{VERDICT}}</p>
<ol class="steps">
{{#STEP}}<li class="{{STEP_CLASS}}">{{STEP_RESULT}}: {{STEP_TEXT}}</li>
{{/STEP}}</ol>
<dl>
{{#FACT}}<dt>{{NAME}}</dt><dd>{{VALUE}}</dd>
{{/FACT}}</dl>
{{#WORDS}}<h2>{{W_EXPLANATION}}</h2><p>{{TEXT}}</p>{{/WORDS}}
<p><a href="/?lang={{LANG}}">{{W_BACK}}</a></p>
