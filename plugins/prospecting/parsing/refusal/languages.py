"""Refusals in other languages than English: how they deny, what they list instead, and what is still a record."""

from __future__ import annotations

import re

_GAP = r"[^.!?:\n]{0,120}"

# Per language: words of negation, and words one of which must stand in the same sentence.
_PAIRS = (
    (
        r"kein\w*|nicht|nichts|niemand\w*",
        r"gefunden|finde\w*|ermittel\w*|identifizier\w*|bestätig\w*|verifizier\w*|verfügbar\w*|veröffentlicht\w*"
        r"|bekannt\w*|angekündigt\w*|aufruf\w*|zugreifen|zugriff\w*|abruf\w*|vorliegen|helfen|nennen|angeben"
        r"|feststell\w*|öffentlich\w*|gelistet\w*|aufgeführt\w*|vorhanden\w*|information\w*|angaben|daten|ergebnis\w*"
        r"|treffer|sponsor\w*|aussteller\w*|ansprechpartner\w*|kontakt\w*|veranstaltung\w*|person\w*"
        r"|entscheid\w*|führungskräfte\w*|such\w*|live-suche|recherch\w*|liste\w*|durchführen|liefern|bereitstellen"
        r"|zugänglich\w*|erreich\w*|möglich",
    ),
    (
        r"aucun\w*|pas|rien|personne|impossible",
        r"trouv\w*|identifi\w*|confirm\w*|vérifi\w*|disponible\w*|publi\w*|annonc\w*|accéd\w*|accès|aider|inform\w*"
        r"|données|résultats?|sponsor\w*|partenaires?|exposants?|événements?|contacts?|dirigeants?|décideurs?"
        r"|connu\w*|fournir|donner|communiqu\w*|divulgu\w*",
    ),
    (
        r"no|ningún|ninguna?|nada|nadie",
        r"encontr\w*|podido|confirm\w*|congresos?|pude|pudimos|pudo|pudieron|puedo|podemos|tengo|tenemos|hay|existen?|dispongo|disponibles?|figuran?"
        r"|aparecen?|hall\w+|publicado|publicada|anunciado|anunciada|patrocinador\w*|contactos?|eventos?|directivos?",
    ),
    (
        r"não|nenhum\w*|nada|ninguém",
        r"encontr\w*|foi possível|há|consegu\w*|tenho|temos|disponív\w*|identific\w*|confirm\w*|localiz\w*|exist\w*"
        r"|divulg\w*|public\w*|anunci\w*|posso|patrocinador\w*|informaç\w*|contatos?|eventos?",
    ),
    (
        r"non(?!-)|nessun\w*|niente|nulla",
        r"trovat\w*|trov\w*|possibile|disponibil\w*|identificat\w*|confermat\w*|pubblicat\w*|annunciat\w*|posso"
        r"|risult\w*|esist\w*|riesc\w*|sono riuscit\w*|informazioni|sponsor|contatti|eventi|accedere",
    ),
    (
        r"geen|niet|niets|niemand",
        r"gevonden|vinden|vond|beschikbaar|bekend\w*|bevestigd\w*|bevestigen|gepubliceerd|aangekondigd|kon|kunnen|kan"
        r"|informatie|sponsors?|evenementen|contact\w*|toegang|helpen|gegevens|result\w*|lijst\w*",
    ),
    (
        r"inte|inga|inget|ikke|ingen|intet",
        r"hitta\w*|kunde|kunne|finna|fant|finne|finde|fundet|funnet|tillgänglig\w*|tilgængelig\w*|tilgjengelig\w*"
        r"|bekräft\w*|bekræft\w*|bekreft\w*|information\w*|informasjon\w*|publicera\w*|offentliggjort|sponsor\w*",
    ),
    (
        r"nie|brak|żadn\w*|nelze|nebyl\w*|žádn\w*",
        r"znal\w*|znaleź\w*|uda\w*|mog\w*|informacj\w*|dostęp\w*|ogłosz\w*|sponsor\w*|naj\w*|nalez\w*|informac\w*"
        r"|potwierdz\w*",
    ),
    (
        r"не|нет|ни одного|никаких|отсутству\w*",
        r"найд\w*|найти|наш[её]л|нашла|нашли|удалось|могу|можем|информаци\w*|данных|объявлен\w*|опубликован\w*"
        r"|спонсор\w*|подтвержд\w*|доступ\w*|контакт\w*|мероприяти\w*",
    ),
    (
        r"vuot[ao]|vací[ao]|vazi[ao]|vide|leer|leeg|tom",
        r"sponsor\w*|patrocina\w*|partner\w*|partenaires?|aussteller\w*|exposants?|p[aá]gina|page|seite|sidan?",
    ),
    (r"bulunamad\w*|bulamad\w*|mevcut değil|yok(?:tur)?|edilemed\w*", r"\w+"),
)
DENIALS = tuple(
    (
        re.compile(rf"\b(?:{negation})\b", re.IGNORECASE),
        re.compile(rf"\b(?:{negation})\b{_GAP}\b(?:{rest})\b|\b(?:{rest})\b{_GAP}\b(?:{negation})\b", re.IGNORECASE),
    )
    for negation, rest in _PAIRS
)
"""Per language its negations, which are quickly looked for, and whole denials."""
WITHOUT_BLANKS = re.compile(
    r"見つかりません|見つけることができ|見つけられません|確認できません|できませんでした|わかりません|分かりません"
    r"|ありません|公開されていません"
    r"|発表されていません|提供できません|未找到|没有找到|沒有找到|找不到|没找到|未能|无法|無法|没有(?:相关|任何|公开"
    r"|可靠|确认)|暂无|尚未"
    r"|未(?:公布|公开|发布|确认|公佈|公開)|찾을 수 없|찾지 못|없습니다|확인할 수 없|확인되지 않"
)
"""Chinese, Japanese and Korean."""

ONLY_NOTHING = re.compile(
    r"\W*(?:keine(?: Angaben?| Informationen| Daten)?|k\. ?A\.|unbekannt|nicht bekannt|próximamente"
    r"|por (?:anunciar|confirmar)"
    r"|no disponible|ningun[oa]|à (?:venir|confirmer|annoncer)|non disponible|aucune?|em breve|a (?:definir"
    r"|confirmar|anunciar)"
    r"|nenhum|nessuno|da (?:definire|confermare|annunciare)|geen|未定|不明|未公布|暂无|なし|无)\W*",
    re.IGNORECASE,
)
"""The whole of a sentence."""
TO_COME = re.compile(
    rf"\b(?:sponsors?|sponsoren|partner|partenaires|patrocinador\w*|exposants|aussteller)\b{_GAP}\b(?:seront|werden|serán"
    r"|serão|saranno|verranno)\b[^.!?:\n]{0,60}\b(?:annonc|bekannt|angekündigt|veröffentlicht|anunciad|divulgad|annunciat"
    r"|publiés|dévoil|publicad)\w*",
    re.IGNORECASE,
)
PARTIAL = re.compile(
    r"\b(?:vollständig\w*|komplett\w*|alle|e-mail\w*|telefon\w*|weitere\w*|genaue\w*|platin\w*|gold|silber|\w*preise?"
    r"|zusätzlich\w*|\w*termine?|complète?s?|toutes?|tous|adresses?|téléphones?|autres?|exact\w*|tarifs?|dates?|or|argent"
    r"|completa|todos|todas|correos?|teléfonos?|otros|otras|más|precios?|fechas?|oro|plata|completo|e-mails?|telefones?"
    r"|outros|outras|mais|preços?|datas?|tutti|tutte|altri|altre|indirizzi|prezzi|volledige?|alle|andere|meer|prijzen"
    r"|linkedin|profile?|profils?|perfil\w*|stufen?|kategorien?|niveaux?|catégories?|niveles?|nível|níveis|nivell[oi]|livell[oi]"
    r"|categorías?|categorias?|categorie)\b|全部|完整|其他|邮箱|电话|メール|電話|すべて|全て|以外",
    re.IGNORECASE,
)
ASKS = re.compile(
    r"\b(?:benötige|brauche|könnten sie (?:mir )?(?:bitte )?(?:angeben|mitteilen|nennen|sagen)|bitte (?:geben|nennen"
    r"|teilen)"
    r"|j['’]ai besoin|(?:pourriez|pouvez)-vous|veuillez|necesito|podría (?:indicar|proporcionar|decirme)"
    r"|por favor indique"
    r"|preciso de|poderia (?:informar|fornecer)|ho bisogno|potresti (?:indicare|fornire)|heb ik [^.!?:\n]{0,40}nodig"
    r"|kunt u (?:mij )?(?:aangeven|vertellen))\b|请(?:提供|告诉|说明)|教えて(?:いただけ|ください)",
    re.IGNORECASE,
)
"""Questions to who asked."""
FOLLOWS = re.compile(
    r"\b(?:hier (?:sind|ist)|sind|son|folgende[nrs]?|bestätigt sind|voici|suivant[es]{0,2}|sont|sono|são|zijn"
    r"|ci-dessous"
    r"|estos son|est[ao]s"
    r"|siguientes|confirmad[oa]s|seguintes|estes|estas|seguenti|ecco|questi|queste|volgende|hier zijn|deze|följande"
    r"|följer|følgende)\b[^.!?\n]{0,60}(?::|$)|以下|如下|次の"
    r"|^(?:im|in|en|em|nel|à) \w+ ?:$|^\W*(?:sponsoren|aussteller|partner|führungskräfte|veranstaltungen"
    r"|sponsors|partenaires|dirigeants|événements"
    r"|patrocinador[ea]s|directivos|eventos|dirigentes|patrocinatori|dirigenti|eventi)\W*$",
    re.IGNORECASE,
)
IN_SPITE = re.compile(
    r"\W*(?:aber|jedoch|allerdings|trotzdem|mais|toutefois|cependant|pero|sin embargo|aunque|mas|porém|no entanto|ma"
    r"|tuttavia|però|maar|echter)\b[^.!?\n]*[:：]$|\W*(?:但|不过|しかし|ただし)[^.!?\n]*[:：]$",
    re.IGNORECASE,
)
WERE = re.compile(
    r"\b(?:waren|unterstützten|étaient|furent|eran|fueron|celebraron|participaron|eram|foram|erano|furono|figuravano"
    r"|waren|var)\b",
    re.IGNORECASE,
)
"""What was true once, after a denial."""
ELSE = re.compile(
    r"\b(?:nähe|proximité|cercan\w*|vicinanz\w*|próxim\w*|sie (?:können|könnten|sollten)|können sie|empfehl\w*"
    r"|vorschl\w*|vorschläge|mögliche\w*|schritte|quellen"
    r"|prüfen|versuch\w*|hinweise?|tipps?|fragen|vous (?:pouvez|pourriez)|recommand\w*|suggè\w*|suggestions?|essay\w*"
    r"|consult\w*|étapes|pistes|conseils?|puede[ns]?|puedes|podría[ns]?|sugier\w*|sugeren\w*|recomend\w*|recomiend\w*"
    r"|pasos|fuentes|intent\w*|você pode|pode|sugest\w*|sugir\w*|passos|fontes|puoi|può|potete|potresti|sugger\w*"
    r"|consigli\w*|passi|fonti|prova\w*|u kunt|kunt|je kan|suggesties|aanbevel\w*|stappen|bronnen|probe\w*|du kan|prova"
    r"|kan du|możesz|spróbuj\w*|вы можете|можете|рекоменд\w*|попробуйте)\b|您可以|建议|建議|可以查看|ことができます"
    r"|お試し"
    r"|ください"
    r"|方法"
    r"|おすすめ|ご確認",
    re.IGNORECASE,
)
NOT_CURRENT = re.compile(
    r"\b(?:vorjahr\w*|letzte[snm]? jahr\w*|frühere\w*|ehemalige\w*|vergangene\w*|potenzielle\w*|mögliche\w*|typische\w*"
    r"|l['’]an(?:née)? derni\w*|année dernière|précédent\w*|ancien\w*|potentiel\w*|année passée|année précédente"
    r"|año pasado|anterior\w*|pasad[oa]s?|posibles?|potenciales|ano passado|passad[oa]s?|possíve\w*|potenciais"
    r"|anno scorso|precedent\w*|passat\w*|potenzial\w*|vorig\w*|eerdere|mogelijke|förra|tidigare|sidste|tidligere"
    r"|poprzedni\w*|прошл\w*|предыдущ\w*)\b|去年|昨年|往届|过去|過去|潜在|可能|以前|前回",
    re.IGNORECASE,
)
