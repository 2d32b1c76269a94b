"""Words the rules speak of: numbers, months, short words, kinds of road. Lower case."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """The words of a text, for word lists that are read and kept in rows."""
    return frozenset(text.split())


def phrases(text: str) -> frozenset[tuple[str, ...]]:
    """The phrases of a text that commas part, each as its words."""
    return frozenset(tuple(phrase.split()) for phrase in text.split(","))


def listed(text: str) -> list[str]:
    """The words of a text in their order."""
    return text.split()


DIGIT_WORDS = listed(
    """
    zero oh o nought naught one two three four five six seven eight nine
    """
)
NUMBER_WORDS = listed(
    """
    one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety
    """
)
MONTHS = listed(
    """
    january february march april may june july august september october november december jan feb mar
    apr jun jul aug sept sep oct nov dec janury januray janaury febuary feburary februry apirl agust augest augst
    septemer setember septmber ocotber octber novemer novmber decemer decmber
    """
)
MONTHS_ABROAD = listed(
    """
    janvier fevrier février mars avril mai juin juillet aout août septembre octobre novembre decembre décembre
    janeiro fevereiro marco março abril maio junho julho agosto setembro outubro novembro dezembro
    enero febrero marzo mayo junio julio septiembre octubre noviembre diciembre
    gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre
    ianuarie februarie martie aprilie iunie iulie septembrie octombrie noiembrie decembrie
    stycznia lutego marca kwietnia maja czerwca lipca sierpnia wrzesnia września pazdziernika października listopada
    grudnia ocak subat şubat mart nisan mayis mayıs haziran temmuz agustos ağustos eylul eylül ekim kasim kasım aralik
    aralık januar februar marz märz juni juli oktober dezember janar shkurt prill maj qershor korrik gusht shtator tetor
    nentor nëntor dhjetor sausio vasario kovo balandzio balandžio geguzes gegužės birzelio birželio liepos rugpjucio
    rugpjūčio rugsejo rugsėjo spalio lapkricio lapkričio gruodzio gruodžio yanuari fevruari yuni yuli avgust septemvri
    oktomvri noemvri dekemvri janaayo febraayo maarso abriil juun luulyo ogosto sebteembar oktoobar nofeembar diseembar
    """
)
COMMON_SHORT_WORDS = words(
    """
    the and for are but not you all any can had her was one our out day get has him his how man new now old see
    two way who boy did its let put say she too use yes yet ago bus car per via add due end far few got hot low
    off own red run set sit six ten top try van why mum dad kid lot bad big bit cut eat fun gas job may men met
    mph pay pop saw tax tea tell that then they this war wet win won
    """
)
STREET_TYPES = listed(
    """
    road rd street st str avenue ave av lane ln close cl way drive dr
    gardens gdns garden crescent cres cresent square sq terrace ter terr court ct crt walk
    place pl grove gr row mews parade hill rise view path passage broadway approach villas
    buildings mead meadow vale croft circus wharf quay esplanade promenade chase dene heights point cottages
    cottage stile gate reach copse spinney glade dell yard alley ridge lea leas leys orchard
    grange acre acres meadows quays lawn lawns oval moorings nook parkway
    wynd maltings mill priory ride brow crest link haven mount lodge drove green fields
    """
)
BLOCK_TYPES = listed(
    """
    house hse court ct point tower towers heights mansions lodge apartments building buildings block crt
    residences chambers studios wharf quay keep arcade grange
    """
)
