"""Words too common to say what a query is about, per language; never highlighted in a passage.

A few dozen function words each: articles, pronouns, prepositions, auxiliaries, question words. A
language that is not here has none, and its queries are highlighted word by word.
"""

from typing import Final

_WORDS: Final = {
    "english": """
        a about after all also am an and any are as at be because been before being but by can
        cannot could d did do does doing don down during each few for from further had has
        have having he her here hers him his how i if in into is isn it its itself just ll m
        may me might more most must my no nor not of off on once only or other our out over
        own per re s same shall she should so some such t than that the their them then there
        these they this those through to too under until up upon us ve very via was we were
        what when where whether which while who whom whose why will with within without would
        you your""",
    "german": """
        aber als am an auch auf aus bei beim bin bis bist da damit dann das dass dein dem den
        der des die dies diese diesem diesen dieser dieses doch dort du durch ein eine einem
        einen einer eines er es euer für gegen gibt habe haben hat hatte ich ihm ihn ihr ihre
        im in ins ist ja kann kein keine können man mein mich mir mit muss nach nicht noch nur
        ob oder ohne sein seine sich sie sind so über um und uns unser unter vom von vor wann
        war waren warum was weil welche welcher welches wenn wer werden wie wieso wir wird wo
        wurde wurden zu zum zur zwischen""",
    "french": """
        à au aux avec c ce ces cet cette comment d dans de des donc du elle elles en entre es
        est et été être eu il ils j je l la le les leur leurs lui m ma mais me mes moi mon n
        ne nos notre nous on ont ou où par pas plus pour pourquoi qu quand que quel quelle
        quelles quels qui quoi s sa sans se ses si son sont sous sur t ta te tes toi ton tu un
        une vos votre vous y""",
    "spanish": """
        a al ante como cómo con cual cuál cuando cuándo de del desde donde dónde e el él ella
        ellas ellos en entre era es esa ese eso esta está este esto están fue ha hay la las le
        les lo los más me mi muy no nos o para pero por porque qué que quien quién se ser si
        sí sin sobre son su sus también te tu un una uno unos unas y ya yo""",
    "italian": """
        a ad ai al alla alle allo anche c che chi ci come con cosa cui d da dai dal dalla dei
        del della delle dello di dove e è ed era gli ha hanno i il in io l la le lei li lo
        loro lui ma mi mia mio ne nei nel nella noi non o per perché più quale quali quando
        quanto quella quello questa questo se sei si sia sono sua sul sulla suo tra tu un una
        uno voi""",
    "portuguese": """
        a ao aos as às até com como da das de del do dos e é ela elas ele eles em entre era
        essa esse esta está este eu foi há isso isto já lhe mais mas me meu minha na não nas
        no nos o onde os ou para pela pelo por porque qual quais quando que quem se sem ser
        seu sua são também te tem um uma você""",
    "dutch": """
        aan al als bij dan dat de der deze die dit doe doen door dus een en er ge geen had heb
        heeft hem het hier hij hoe hun ik in is ja je kan kunnen maar me met mij mijn moet na
        naar niet nog nu of om omdat ons ook op over te tegen toch tot u uit uw van veel voor
        waar waarom wanneer was wat we welke werd wie wij wil worden zal ze zich zij zijn zo
        zonder""",
    "swedish": """
        alla att av de dem den denna det detta dig din du då där efter eller en er ett för
        från ha han har hon hur i in inte jag kan men med mig min mot måste ni nu när och om
        på sig sin ska som så till under upp ut vad var varför vi vid vilka vilken är""",
    "russian": """
        а без бы был была были было быть в вам вас весь во вот все вы где да для до его ее
        если есть еще же за и из или им их к как какая какие какой когда кто ли мне может мы
        на над не него нет ни но о об он она они оно от по под почему при с со так также такой
        там то того только ты у уже что чтобы эта эти это этот я""",
}
STOP_WORDS: Final = {language: frozenset(words.split()) for language, words in _WORDS.items()}
