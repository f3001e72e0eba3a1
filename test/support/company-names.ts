/** Names of companies as they write them: each must be one that a client can have. */
export const companyNames: readonly string[] = `
O’Reilly|O'Reilly Auto Parts|Bob & Leo|Marks & Spencer|Procter & Gamble|Johnson & Johnson|H&M|AT&T|Barnes & Noble|Ben & Jerry's
McDonald's|Levi's|Macy's|Kohl's|Lowe's|Wendy's|Domino's Pizza|Sainsbury's|Sotheby’s|Christie’s
Coca-Cola|Rolls-Royce|Mercedes-Benz|Hewlett-Packard|Harley-Davidson|Colgate-Palmolive|Bristol-Myers Squibb|Rohde & Schwarz|Bang & Olufsen|Moët & Chandon
Yahoo!|Joomla!|Yum! Brands|Chips Ahoy!|Booking.com|Salesforce.com|Amazon.com, Inc.|Monday.com|Cars.com|Overstock.com
A/S Dampskibsselskabet Torm|Carlsberg A/S|Novo Nordisk A/S|Ørsted A/S|Vestas Wind Systems A/S|A.P. Møller - Mærsk A/S|Danske Bank|Jyske Bank A/S|Lunar|e-conomic
Société Générale|Crédit Agricole|L'Oréal|Hermès|Nestlé|Citroën|Häagen-Dazs|Škoda Auto|Telefónica|Pão de Açúcar
Bayer AG|Siemens AG|Deutsche Telekom|Müller Milch|Süd-Chemie|Dr. Oetker|Dr. Ing. h.c. F. Porsche AG|GmbH & Co. KG Nord|Würth Group|Grüne Erde
Tele2|3M|7-Eleven|20th Century Studios|Forever 21|1&1|4Finance|Motel 6|Century 21|23andMe
Canal+|Disney+|Google+|Apple TV+|C+C Construction|Sage (UK) Ltd|Alphabet (Google)|Ernst & Young (EY)|BP p.l.c.|J.P. Morgan Chase & Co.
PwC|KPMG|Deloitte|Xero|QuickBooks|Intuit|Visma|Fortnox|Sage|Oracle NetSuite
Microsoft Dynamics 365|SAP S/4HANA|DATEV eG|lexoffice|sevDesk|Exact Online|Twinfield|Yuki|Holded|Contasimple
Zapier|Make|n8n|Workday|BambooHR|Personio|HiBob|Deel|Remote|Gusto
Slack|Notion|Airtable|Asana|Trello|Jira (Atlassian)|GitHub|GitLab|Dropbox|Box, Inc.
Stripe|Adyen|Klarna|Revolut|Wise|N26|Monzo|Starling Bank|PayPal|Mollie
Spotify®|Tesla™|IKEA|LEGO®|Zalando SE|Bosch|BMW|Volkswagen|Audi|Porsche
Сбербанк|Яндекс|1С|ВТБ|Лукойл|Газпром|Альфа-Банк|ООО Ромашка|Магнит|Нафтогаз
楽天|ソニー|トヨタ自動車|任天堂|freee会計|マネーフォワード|弥生|キヤノン|三菱電機|日本郵便
阿里巴巴|腾讯|华为|小米|百度|京东|美团|台積電|鴻海|中國信託
Sony Group|Toyota|Panasonic|Hitachi, Ltd.|Fujitsu|Nintendo Co., Ltd.|Lidl Stiftung & Co. KG|Aldi Süd|Bio c’ Bon|Monoprix
삼성전자|네이버|카카오|현대자동차|بنك مصر|أرامكو|בנק הפועלים|Εθνική Τράπεζα|ธนาคารกรุงเทพ|भारतीय स्टेट बैंक
`
  .trim()
  .split(/[|\n]/)
