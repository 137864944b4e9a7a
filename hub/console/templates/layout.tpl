{{%AUTOESCAPE context="HTML"}}<!DOCTYPE html>
<html lang="{{LANG}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{TITLE}} - Samband</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<a class="skip" href="#main">{{W_SKIP}}</a>
<header>
<p class="brand"><a href="/?lang={{LANG}}">Samband</a></p>
{{#VIEWER}}<p><a href="/rules?lang={{LANG}}">{{W_RULES}}</a></p>
<p>{{W_SIGNED_IN}} {{NAME}}</p>{{/VIEWER}}
<nav aria-label="{{W_LANGUAGE}}"><a href="{{SELF}}?lang={{OTHER_LANG}}" lang="{{OTHER_LANG}}" hreflang="{{OTHER_LANG}}">{{W_OTHER_LANGUAGE}}</a></nav>
</header>
<main id="main" tabindex="-1">
<h1>{{TITLE}}</h1>
{{>CONTENT}}
</main>
</body>
</html>
