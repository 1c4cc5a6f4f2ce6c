"""Layouts of other vendors and customs offices, with made-up rows: which column is which."""

# One line of a layout is one column of a table: cut in two it could not be read.
# ruff: noqa: E501

from __future__ import annotations

import csv
import io

import pytest

from chipflow.errors import InputError
from chipflow.records import read_records

# A layout is written one column to a line: the field it is, its header, three values. `-` is no
# field; `+field` speaks only where the field's own column is silent; `.` may be used to read
# another column. All companies are invented.
LAYOUTS = {
    "Panjiva": (
        "panjiva-us-imports.csv",
        """
        record_id         | Bill of Lading Number     | ABCD123401  | ABCD123402 | ABCD123403
        date              | Arrival Date              | 2024-03-01  | 2024-03-09 | 2024-04-02
        consignee         | Consignee                 | Alder Compute Inc. | Birch Data LLC | Alder Compute Inc.
        +consignee        | Consignee (Original Format) | ALDER COMPUTE | BIRCH DATA | ALDER COMPUTE
        consignee_address | Consignee Full Address    | 1 Elm St, Reno, NV | 2 Oak St, Provo, UT | 1 Elm St, Reno, NV
        -                 | Consignee Email 1         | a@alder.example | b@birch.example | a@alder.example
        -                 | Consignee D-U-N-S         | 12345       | 23456      | 12345
        -                 | Consignee Industry        | Computers   | Hosting    | Computers
        shipper           | Shipper                   | Pine Boards Ltd. | Fir Systems Co. | Pine Boards Ltd.
        shipper_address   | Shipper Full Address      | 7 Lane, Taipei | 9 Road, Shenzhen | 7 Lane, Taipei
        shipper_country   | Shipper Country           | Taiwan      | China      | Taiwan
        -                 | Carrier                   | Cedar Line  | Cedar Line | Teak Line
        -                 | Notify Party              | Swift Forwarding | Swift Forwarding | Swift Forwarding
        -                 | Master Bill of Lading Number | M1       | M2         | M3
        import_port       | Port of Unlading          | Oakland     | Long Beach | Oakland
        -                 | Port of Lading Country    | Taiwan      | China      | Taiwan
        -                 | Vessel                    | CEDAR ONE   | CEDAR TWO  | TEAK ONE
        -                 | Volume (TEU)              | 0.5         | 2          | 1
        quantity          | Quantity                  | 12 CTN      | 40 PKG     | 7 CTN
        weight_kg         | Weight (kg)               | 1200        | 5300       | 800
        +weight_kg        | Weight (t)                | 1.2         | 5.3        | 0.8
        value_usd         | Value of Goods (USD)      | 50000       | 61000      | 72000
        -                 | Number of Containers      | 1           | 2          | 1
        hs_code           | HS Code                   | 847150      | 847330     | 847150
        description       | Goods Shipped             | GPU SERVERS | HEAT SINKS | SERVERS
        -                 | Container Types           | 40HC        | 40HC       | 20GP
        """,
    ),
    "ImportGenius": (
        "shipments.csv",
        """
        description       | Product Desc.             | SERVER BOARDS | COOLING FANS | SERVER BOARDS
        consignee         | Consignee                 | Alder Compute | Birch Data | Alder Compute
        consignee_address | Consignee Address         | 1 Elm St Reno | 2 Oak St Provo | 1 Elm St Reno
        shipper           | Shipper                   | Pine Boards | Fir Systems | Pine Boards
        shipper_address   | Shipper Address           | 7 Lane Taipei | 9 Road Shenzhen | 7 Lane Taipei
        weight_kg         | Gross Weight in KG        | 1200        | 5300       | 800
        quantity          | Quantity                  | 12          | 40         | 7
        quantity_unit     | Quantity Unit             | CTN         | PKG        | CTN
        -                 | Measure                   | 4           | 9          | 2
        date              | Arrival Date              | 03/28/2024  | 04/02/2024 | 04/15/2024
        record_id         | Bill of Lading            | HBL001      | HBL002     | HBL003
        -                 | Master Bill of Lading     | M1          | M2         | M3
        -                 | House vs Master           | H           | H          | H
        -                 | Vessel Name               | CEDAR ONE   | CEDAR TWO  | TEAK ONE
        -                 | Voyage No                 | 12E         | 13E        | 2W
        origin_country    | Country of Origin         | Taiwan      | China      | Taiwan
        -                 | Place of Receipt          | KEELUNG     | YANTIAN    | KEELUNG
        import_port       | U.S. Port                 | Oakland     | Long Beach | Oakland
        export_port       | Foreign Port              | Kaohsiung   | Yantian    | Kaohsiung
        -                 | Container Count           | 1           | 2          | 1
        -                 | Marks & Numbers           | N/M         | N/M        | AB 1-7
        -                 | Carrier Name              | Cedar Line  | Cedar Line | Teak Line
        -                 | Notify Party              | Swift Forwarding | Swift Forwarding | Swift Forwarding
        -                 | Ship Registered In        | Panama      | Liberia    | Panama
        """,
    ),
    "Datamyne": (
        "us_import_detail.csv",
        """
        date              | Date                      | 2024/03/01  | 2024/03/09 | 2024/04/02
        record_id         | Bill of Lading Nbr.       | ABCD01      | ABCD02     | ABCD03
        +consignee        | Consignee Declared        | ALDER COMPUTE INC 1 ELM ST | BIRCH DATA | ALDER COMPUTE
        consignee         | Consignee Name            | Alder Compute | Birch Data | Alder Compute
        +shipper          | Shipper Declared          | PINE BOARDS LTD TAIPEI | FIR SYSTEMS | PINE BOARDS
        shipper           | Shipper                   | Pine Boards | Fir Systems | Pine Boards
        -                 | Notify Party              | Swift Forwarding | Swift Forwarding | Swift Forwarding
        -                 | Carrier SCAC              | CEDL        | CEDL       | TEAK
        import_port       | Port of Arrival           | Oakland     | Long Beach | Oakland
        export_port       | Port of Departure         | Kaohsiung   | Yantian    | Kaohsiung
        origin_country    | Country of Origin         | Taiwan      | China      | Taiwan
        -                 | Final Destination         | RENO        | PROVO      | RENO
        description       | Commodity Short Description | SERVERS   | FANS       | SERVERS
        hs_code           | HTS Code                  | 8471500150  | 8414599090 | 8471500150
        quantity          | Quantity                  | 12          | 40         | 7
        quantity_unit     | Qty Unit                  | CTN         | PKG        | CTN
        weight_kg         | Metric Tons               | 1.2         | 5.3        | 0.8
        -                 | TEUS                      | 0.5         | 2          | 1
        value_usd         | Total Calculated Value (US$) | 50000    | 61000      | 72000
        """,
    ),
    "Export Genius, India": (
        "India export shipping bills.csv",
        """
        record_id         | SB_No                     | 4411001     | 4411002    | 4411003
        date              | SB_Date                   | 01-Mar-24   | 09-Mar-24  | 02-Apr-24
        export_port       | Port of Origin            | NHAVA SHEVA | CHENNAI    | NHAVA SHEVA
        -                 | IEC                       | 0305012345  | 0412033333 | 0305012345
        shipper           | Indian Exporter Name      | NEEM TECH PVT LTD | BANYAN LABS | NEEM TECH PVT LTD
        shipper_address   | Indian Exporter Address   | 4 MG ROAD PUNE | 8 ANNA SALAI | 4 MG ROAD PUNE
        -                 | City                      | PUNE        | CHENNAI    | PUNE
        consignee         | Foreign Importer Name     | ROWAN FZE   | HAZEL PTE LTD | ROWAN FZE
        destination_country | Foreign Country         | UNITED ARAB EMIRATES | SINGAPORE | UNITED ARAB EMIRATES
        import_port       | Foreign Port              | JEBEL ALI   | SINGAPORE  | JEBEL ALI
        hs_code           | RITC Code                 | 84715000    | 84733099   | 84715000
        -                 | Chapter                   | 84          | 84         | 84
        description       | Item Description          | SERVERS     | CARDS      | SERVERS
        quantity          | Quantity                  | 12          | 400        | 7
        quantity_unit     | UQC                       | NOS         | PCS        | NOS
        -                 | Item Rate In FC           | 4000        | 120        | 4100
        currency          | Currency                  | USD         | USD        | EUR
        value_usd         | FOB Value USD             | 48000       | 48000      | 28700
        value             | FOB Value INR             | 3900000     | 3900000    | 2400000
        -                 | Unit Rate USD             | 4000        | 120        | 4100
        -                 | Drawback                  | 0           | 120.5      | 0
        -                 | CHA Name                  | PEEPAL CLEARING | PEEPAL CLEARING | TULSI CARGO
        """,
    ),
    "Volza": (
        "import data.csv",
        """
        date              | Date                      | 2024-03-01  | 2024-03-09 | 2024-04-02
        hs_code           | HS Code                   | 84715000    | 84733099   | 84715000
        description       | Product Description       | SERVERS     | CARDS      | SERVERS
        consignee         | Consignee Name            | NEEM TECH   | BANYAN LABS | NEEM TECH
        consignee_address | Consignee Address         | PUNE        | CHENNAI    | PUNE
        shipper           | Shipper Name              | PINE BOARDS | FIR SYSTEMS | PINE BOARDS
        shipper_address   | Shipper Address           | TAIPEI      | SHENZHEN   | TAIPEI
        -                 | Notify Party Name         | SWIFT CARGO | SWIFT CARGO | SWIFT CARGO
        quantity          | Std. Quantity             | 12          | 400        | 7
        quantity_unit     | Std. Unit                 | PCS         | PCS        | PCS
        -                 | Standard Unit Rate $      | 4000        | 120        | 4100
        value_usd         | Estimated F.O.B Value $   | 48000       | 48000      | 28700
        weight_kg         | Gross Weight              | 240         | 80         | 140
        origin_country    | Country of Origin         | Taiwan      | China      | Taiwan
        export_port       | Port of Origin            | Taoyuan     | Shenzhen   | Taoyuan
        destination_country | Country of Destination  | India       | India      | India
        import_port       | Port of Destination       | Nhava Sheva | Chennai    | Nhava Sheva
        -                 | Freight Term              | PREPAID     | COLLECT    | PREPAID
        """,
    ),
    "Zauba": (
        "zauba.csv",
        """
        date              | Date                      | 01-Mar-2016 | 09-Mar-2016 | 02-Apr-2016
        hs_code           | HS Code                   | 84715000    | 84733099   | 84715000
        description       | Description               | SERVERS     | CARDS      | SERVERS
        origin_country    | Origin Country            | Taiwan      | China      | Taiwan
        import_port       | Port of Discharge         | Bangalore   | Chennai    | Bangalore
        quantity_unit     | Unit                      | NOS         | PCS        | NOS
        quantity          | Quantity                  | 12          | 400        | 7
        value             | Value (INR)               | 3900000     | 3900000    | 2400000
        -                 | Per Unit (INR)            | 325000      | 9750       | 342857
        """,
    ),
    "Vietnam": (
        "Vietnam nhap khau 2024.csv",
        """
        record_id         | Số tờ khai                | 106123450011 | 106123450022 | 106123450033
        date              | Ngày đăng ký              | 13/02/2024  | 01/03/2024 | 02/04/2024
        -                 | Mã số thuế                | 0312345678  | 0109876543 | 0312345678
        consignee         | Tên doanh nghiệp nhập khẩu | CÔNG TY TNHH SEN | CÔNG TY CP TRE | CÔNG TY TNHH SEN
        consignee_address | Địa chỉ doanh nghiệp nhập khẩu | Quận 1    | Hà Nội     | Quận 1
        shipper           | Tên đối tác               | PINE BOARDS | FIR SYSTEMS | PINE BOARDS
        origin_country    | Nước xuất xứ              | Đài Loan    | Trung Quốc | Đài Loan
        hs_code           | Mã HS                     | 84715000    | 84733090   | 84715000
        description       | Tên hàng                  | Máy chủ     | Card       | Máy chủ
        quantity          | Số lượng                  | 12          | 400        | 7
        quantity_unit     | Đơn vị tính               | Chiếc       | Cái        | Chiếc
        -                 | Đơn giá                   | 4000        | 120        | 4100
        value             | Trị giá nguyên tệ         | 48000       | 48000      | 28700
        currency          | Mã nguyên tệ              | USD         | USD        | EUR
        value_usd         | Trị giá USD               | 48000       | 48000      | 31000
        -                 | Tỷ giá                    | 24500       | 24500      | 26500
        -                 | Cửa khẩu                  | Cát Lái     | Nội Bài    | Cát Lái
        -                 | Điều kiện giao hàng       | CIF         | EXW        | CIF
        """,
    ),
    "Indonesia": (
        "Indonesia impor.csv",
        """
        record_id         | Nomor PIB                 | 000011      | 000022     | 000033
        date              | Tanggal PIB               | 13-02-2024  | 01-03-2024 | 02-04-2024
        -                 | NPWP                      | 01.234.567.8 | 02.345.678.9 | 01.234.567.8
        consignee         | Nama Importir             | PT JATI     | PT MERANTI | PT JATI
        consignee_address | Alamat Importir           | Jakarta     | Surabaya   | Jakarta
        shipper           | Nama Pemasok              | PINE BOARDS | FIR SYSTEMS | PINE BOARDS
        shipper_address   | Alamat Pemasok            | Taipei      | Shenzhen   | Taipei
        -                 | Nama PPJK                 | PT CEPAT    | PT CEPAT   | PT CEPAT
        origin_country    | Negara Asal               | Taiwan      | China      | Taiwan
        export_port       | Pelabuhan Muat            | Keelung     | Yantian    | Keelung
        hs_code           | Pos Tarif                 | 84715000    | 84733090   | 84715000
        description       | Uraian Barang             | SERVER      | KARTU      | SERVER
        quantity          | Jumlah Satuan             | 12          | 400        | 7
        quantity_unit     | Kode Satuan               | PCE         | PCE        | PCE
        weight_kg         | Berat Bruto (kg)          | 240         | 80         | 140
        +weight_kg        | Netto (kg)                | 220         | 70         | 130
        value_usd         | Nilai CIF (USD)           | 48000       | 48000      | 28700
        -                 | Harga Satuan (USD)        | 4000        | 120        | 4100
        """,
    ),
    "Russia, headers in words": (
        "ВЭД Россия импорт.csv",
        """
        record_id         | Номер декларации          | 10013160/010324/3000001 | 10013160/090324/3000002 | 10013160/020424/3000003
        date              | Дата регистрации          | 01.03.2024  | 09.03.2024 | 22.04.2024
        .                 | Направление перемещения   | ИМ          | ИМ         | ИМ
        shipper           | Наименование отправителя  | PINE BOARDS | FIR SYSTEMS | PINE BOARDS
        shipper_address   | Адрес отправителя         | TAIPEI      | SHENZHEN   | TAIPEI
        -                 | ИНН получателя            | 7701234567  | 7809876543 | 7701234567
        consignee         | Наименование получателя   | ООО БЕРЁЗА  | АО КЛЁН    | ООО БЕРЁЗА
        consignee_address | Адрес получателя          | Москва      | Тверь      | Москва
        -                 | Декларант                 | ООО БЫСТРО  | ООО БЫСТРО | ООО БЫСТРО
        -                 | Контрактодержатель        | ООО БЕРЁЗА  | АО КЛЁН    | ООО БЕРЁЗА
        export_country    | Страна отправления        | КИТАЙ       | ТУРЦИЯ     | КИТАЙ
        destination_country | Страна назначения       | РОССИЯ      | РОССИЯ     | РОССИЯ
        origin_country    | Страна происхождения      | ТАЙВАНЬ     | КИТАЙ      | ТАЙВАНЬ
        -                 | Торгующая страна          | ТУРЦИЯ      | ТУРЦИЯ     | ТУРЦИЯ
        hs_code           | Код товара по ТН ВЭД      | 8471500000  | 8473302008 | 8471500000
        description       | Описание и характеристика товара | СЕРВЕР | ПЛАТЫ    | СЕРВЕР
        -                 | Изготовитель              | PINE        | FIR        | PINE
        -                 | Товарный знак             | PINE        | FIR        | PINE
        weight_kg         | Вес брутто, кг            | 240,5       | 80,1       | 140,2
        +weight_kg        | Вес нетто, кг             | 220,5       | 70,1       | 130,2
        quantity          | Количество в ДЕИ          | 12          | 400        | 7
        quantity_unit     | Единица измерения         | ШТ          | ШТ         | ШТ
        value_usd         | Статистическая стоимость, долл. США | 48000,50 | 48000,10 | 28700,20
        value             | Фактурная стоимость       | 300000      | 310000     | 190000
        currency          | Валюта контракта          | CNY         | CNY        | CNY
        -                 | Таможенный пост           | МОСКОВСКИЙ  | ТВЕРСКОЙ   | МОСКОВСКИЙ
        """,
    ),
    "Russia, numbers of the declaration's boxes": (
        "gtd_2023.csv",
        """
        record_id         | ND                        | 10013160/010324/3000001 | 10013160/090324/3000002 | 10013160/020424/3000003
        .                 | G011                      | ИМ          | ИМ         | ИМ
        date              | G072                      | 01.03.2024  | 09.03.2024 | 22.04.2024
        shipper           | G022                      | PINE BOARDS | FIR SYSTEMS | PINE BOARDS
        shipper_address   | G023                      | TAIPEI      | SHENZHEN   | TAIPEI
        -                 | G081                      | 7701234567  | 7809876543 | 7701234567
        consignee         | G082                      | ООО БЕРЁЗА  | АО КЛЁН    | ООО БЕРЁЗА
        consignee_address | G083                      | МОСКВА      | ТВЕРЬ      | МОСКВА
        -                 | G142                      | ООО БЫСТРО  | ООО БЫСТРО | ООО БЫСТРО
        export_country    | G15A                      | CN          | TR         | CN
        destination_country | G17A                    | RU          | RU         | RU
        -                 | G202                      | DAP         | FCA        | DAP
        currency          | G221                      | CNY         | USD        | CNY
        description       | G31_1                     | СЕРВЕР      | ПЛАТЫ      | СЕРВЕР
        -                 | G32                       | 1           | 2          | 1
        hs_code           | G33                       | 8471500000  | 8473302008 | 8471500000
        origin_country    | G34                       | TW          | CN         | TW
        weight_kg         | G35                       | 240.5       | 80.1       | 140.2
        +weight_kg        | G38                       | 220.5       | 70.1       | 130.2
        value             | G42                       | 300000      | 310000     | 190000
        value_usd         | G46                       | 48000.5     | 48000.1    | 28700.2
        """,
    ),
    "Ukraine": (
        "Україна імпорт.csv",
        """
        record_id         | Номер МД                  | UA100/2024/001 | UA100/2024/002 | UA100/2024/003
        date              | Дата оформлення           | 01.03.2024  | 09.03.2024 | 22.04.2024
        shipper           | Відправник                | PINE BOARDS | FIR SYSTEMS | PINE BOARDS
        consignee         | Одержувач                 | ТОВ ВЕРБА   | ТОВ ДУБ    | ТОВ ВЕРБА
        -                 | ЄДРПОУ одержувача         | 12345678    | 87654321   | 12345678
        export_country    | Країна відправлення       | Китай       | Польща     | Китай
        origin_country    | Країна походження         | Тайвань     | Китай      | Тайвань
        -                 | Торгуюча країна           | Польща      | Польща     | Польща
        -                 | Виробник                  | PINE        | FIR        | PINE
        hs_code           | Код товару УКТЗЕД         | 8471500000  | 8473302000 | 8471500000
        description       | Опис товару               | СЕРВЕР      | ПЛАТИ      | СЕРВЕР
        quantity          | Кількість                 | 12          | 400        | 7
        quantity_unit     | Одиниця виміру            | шт          | шт         | шт
        weight_kg         | Вага брутто, кг           | 240         | 80         | 140
        +weight_kg        | Вага нетто, кг            | 220         | 70         | 130
        value_usd         | Митна вартість, дол. США  | 48000       | 48000      | 28700
        -                 | Митниця                   | КИЇВСЬКА    | ЛЬВІВСЬКА  | КИЇВСЬКА
        -                 | Умови поставки            | DAP         | FCA        | DAP
        """,
    ),
    "Turkey": (
        "Türkiye ithalat.csv",
        """
        record_id         | Beyanname No              | 24340000IM001 | 24340000IM002 | 24340000IM003
        date              | Tescil Tarihi             | 01.03.2024  | 09.03.2024 | 22.04.2024
        shipper           | Gönderici Unvanı          | PINE BOARDS | FIR SYSTEMS | PINE BOARDS
        consignee         | Alıcı Unvanı              | ÇINAR A.Ş.  | MEŞE LTD. ŞTİ. | ÇINAR A.Ş.
        consignee_address | Alıcı Adresi              | İstanbul    | Ankara     | İstanbul
        -                 | Alıcı Vergi No            | 1234567890  | 9876543210 | 1234567890
        -                 | Beyan Sahibi              | HIZLI GÜMRÜK | HIZLI GÜMRÜK | HIZLI GÜMRÜK
        origin_country    | Menşe Ülke                | Tayvan      | Çin        | Tayvan
        export_country    | Çıkış Ülkesi              | Çin         | Çin        | Tayvan
        -                 | Ticaret Yapılan Ülke      | Almanya     | Almanya    | Almanya
        hs_code           | GTİP No                   | 847150000000 | 847330200000 | 847150000000
        description       | Eşyanın Ticari Tanımı     | SUNUCU      | KART       | SUNUCU
        quantity          | Miktar                    | 12          | 400        | 7
        quantity_unit     | Ölçü Birimi               | ADET        | ADET       | ADET
        weight_kg         | Brüt Ağırlık (KG)         | 240,5       | 80,5       | 140,5
        +weight_kg        | Net Ağırlık (KG)          | 220,5       | 70,5       | 130,5
        value             | Fatura Bedeli             | 48.000,00   | 48.000,00  | 28.700,00
        currency          | Döviz Cinsi               | EUR         | USD        | EUR
        value_usd         | İstatistiki Kıymet (USD)  | 52.000,00   | 48.000,00  | 31.000,00
        """,
    ),
    "Colombia, DIAN": (
        "Colombia importaciones.csv",
        """
        record_id         | Número de aceptación      | 352024000011 | 352024000022 | 352024000033
        date              | Fecha de aceptación       | 13/02/2024  | 01/03/2024 | 02/04/2024
        -                 | NIT importador            | 900123456   | 800987654  | 900123456
        consignee         | Razón social importador   | ROBLE SAS   | CEIBA LTDA | ROBLE SAS
        consignee_address | Dirección importador      | CL 1 2-3    | CR 4 5-6   | CL 1 2-3
        shipper           | Razón social exportador   | PINE BOARDS | FIR SYSTEMS | PINE BOARDS
        shipper_country   | País exportador           | Estados Unidos | China   | Estados Unidos
        -                 | País de compra            | Panamá      | Panamá     | Panamá
        export_country    | País de procedencia       | Estados Unidos | China   | Estados Unidos
        origin_country    | País de origen            | Taiwán      | China      | Taiwán
        -                 | Departamento destino      | Antioquia   | Cundinamarca | Antioquia
        hs_code           | Subpartida arancelaria    | 8471500000  | 8473300000 | 8471500000
        description       | Descripción mercancía     | SERVIDOR    | TARJETAS   | SERVIDOR
        quantity          | Cantidad                  | 12          | 400        | 7
        quantity_unit     | Unidad comercial          | U           | U          | U
        weight_kg         | Peso bruto kgs            | 240         | 80         | 140
        +weight_kg        | Peso neto kgs             | 220         | 70         | 130
        value_usd         | Valor FOB USD             | 48000       | 48000      | 28700
        -                 | Valor fletes USD          | 100         | 90         | 80
        -                 | Valor seguros USD         | 10          | 9          | 8
        +value_usd        | Valor CIF USD             | 48110       | 48099      | 28788
        -                 | Valor IVA                 | 3000        | 2900       | 1900
        -                 | Declarante autorizado     | AGENCIA VELOZ | AGENCIA VELOZ | AGENCIA VELOZ
        """,
    ),
    "Peru, SUNAT": (
        "Peru importaciones.csv",
        """
        record_id         | DUA                       | 118-2024-10-000011 | 118-2024-10-000022 | 118-2024-10-000033
        date              | FECHA NUMERACION          | 13/02/2024  | 01/03/2024 | 02/04/2024
        -                 | RUC                       | 20123456789 | 20987654321 | 20123456789
        consignee         | IMPORTADOR                | CAOBA SAC   | TORNILLO EIRL | CAOBA SAC
        shipper           | PROVEEDOR                 | PINE BOARDS | FIR SYSTEMS | PINE BOARDS
        origin_country    | PAIS ORIGEN               | TAIWAN      | CHINA      | TAIWAN
        export_country    | PAIS ADQ.                 | PANAMA      | PANAMA     | PANAMA
        hs_code           | PARTIDA NANDINA           | 8471500000  | 8473300000 | 8471500000
        description       | DESCRIPCION COMERCIAL     | SERVIDOR    | TARJETAS   | SERVIDOR
        -                 | ESTADO                    | NUEVO       | NUEVO      | USADO
        quantity          | CANTIDAD                  | 12          | 400        | 7
        quantity_unit     | UNID. MEDIDA              | U           | U          | U
        weight_kg         | KG BRUTO                  | 240         | 80         | 140
        +weight_kg        | KG NETO                   | 220         | 70         | 130
        value_usd         | US$ FOB                   | 48000       | 48000      | 28700
        -                 | US$ FLETE                 | 100         | 90         | 80
        -                 | US$ SEGURO                | 10          | 9          | 8
        +value_usd        | US$ CIF                   | 48110       | 48099      | 28788
        -                 | US$ FOB UNIT              | 4000        | 120        | 4100
        -                 | AGENTE DE ADUANA          | VELOZ SA    | VELOZ SA   | VELOZ SA
        """,
    ),
    "Chile, Aduana": (
        "Chile exportaciones.csv",
        """
        record_id         | N° DUS                    | 1100011     | 1100022    | 1100033
        date              | Fecha aceptación          | 13-02-2024  | 01-03-2024 | 02-04-2024
        -                 | RUT exportador            | 76123456-7  | 77987654-3 | 76123456-7
        shipper           | Nombre exportador         | ALERCE SPA  | LENGA LTDA | ALERCE SPA
        consignee         | Consignatario             | ROWAN FZE   | HAZEL PTE  | ROWAN FZE
        hs_code           | Código arancelario        | 84715000    | 84733000   | 84715000
        description       | Nombre del producto       | SERVIDOR    | TARJETAS   | SERVIDOR
        -                 | Marca                     | PINE        | FIR        | PINE
        destination_country | País destino            | Emiratos Árabes Unidos | Singapur | Emiratos Árabes Unidos
        export_port       | Puerto de embarque        | San Antonio | Valparaíso | San Antonio
        -                 | Vía de transporte         | Marítima    | Aérea      | Marítima
        quantity          | Cantidad mercancía        | 12          | 400        | 7
        quantity_unit     | Unidad de medida          | U           | U          | U
        weight_kg         | Peso bruto ítem (KG)      | 240,5       | 80,5       | 140,5
        value_usd         | FOB US$                   | 48.000,5    | 48.000,5   | 28.700,5
        -                 | FOB unitario US$          | 4.000,0     | 120,0      | 4.100,0
        """,
    ),
    "Mexico, pedimentos": (
        "Mexico pedimentos importacion.csv",
        """
        record_id         | PEDIMENTO                 | 24 47 3123 4000011 | 24 47 3123 4000022 | 24 47 3123 4000033
        date              | FECHA DE PAGO             | 13/02/2024  | 01/03/2024 | 02/04/2024
        -                 | RFC                       | ABC010101AB1 | DEF020202CD2 | ABC010101AB1
        consignee         | NOMBRE DEL IMPORTADOR     | ENCINO SA DE CV | FRESNO SA | ENCINO SA DE CV
        consignee_address | DOMICILIO DEL IMPORTADOR  | REFORMA 1   | JUAREZ 2   | REFORMA 1
        shipper           | PROVEEDOR                 | PINE BOARDS | FIR SYSTEMS | PINE BOARDS
        -                 | AGENTE ADUANAL            | VELOZ SC    | VELOZ SC   | VELOZ SC
        -                 | CLAVE DE DOCUMENTO        | A1          | A1         | IN
        hs_code           | FRACCION ARANCELARIA      | 84715001    | 84733003   | 84715001
        description       | DESCRIPCION DE LA MERCANCIA | SERVIDOR  | TARJETAS   | SERVIDOR
        origin_country    | PAIS DE ORIGEN            | TWN         | CHN        | TWN
        shipper_country   | PAIS VENDEDOR             | USA         | USA        | USA
        quantity          | CANTIDAD UMC              | 12          | 400        | 7
        quantity_unit     | UMC                       | PIEZA       | PIEZA      | PIEZA
        -                 | PRECIO UNITARIO           | 4000        | 120        | 4100
        value             | VALOR ADUANA              | 820000      | 820000     | 490000
        value_usd         | VALOR DOLARES             | 48000       | 48000      | 28700
        -                 | TIPO DE CAMBIO            | 17.05       | 17.1       | 16.9
        weight_kg         | PESO BRUTO                | 240         | 80         | 140
        """,
    ),
    "Pakistan": (
        "Pakistan Import GD.csv",
        """
        record_id         | GD No                     | KAPW-HC-1001 | KAPW-HC-1002 | KAPW-HC-1003
        date              | GD Date                   | 13/02/2024  | 01/03/2024 | 02/04/2024
        -                 | NTN                       | 1234567     | 7654321    | 1234567
        consignee         | Importer Name & Address   | DEODAR PVT LTD, KARACHI | CHINAR & CO, LAHORE | DEODAR PVT LTD, KARACHI
        shipper           | Consignor Name            | PINE BOARDS | FIR SYSTEMS | PINE BOARDS
        -                 | Clearing Agent Name       | SWIFT CARGO | SWIFT CARGO | SWIFT CARGO
        origin_country    | Origin                    | TAIWAN      | CHINA      | TAIWAN
        hs_code           | PCT Code                  | 8471.5000   | 8473.3020  | 8471.5000
        description       | Item Description          | SERVERS     | CARDS      | SERVERS
        quantity          | Qty                       | 12          | 400        | 7
        quantity_unit     | UoM                       | NO          | NO         | NO
        -                 | Declared Unit Value       | 4000        | 120        | 4100
        value_usd         | Declared Import Value (USD) | 48000     | 48000      | 28700
        value             | Assessed Import Value (PKR) | 13400000  | 13400000   | 8000000
        -                 | Sales Tax                 | 2400000     | 2400000    | 1400000
        -                 | IGM No                    | 12          | 13         | 14
        """,
    ),
    "Bangladesh, ASYCUDA": (
        "Bangladesh imports.csv",
        """
        -                 | Office Code               | 301         | 101        | 301
        record_id         | B/E Number                | C 1001      | C 1002     | C 1003
        date              | B/E Date                  | 13/02/2024  | 01/03/2024 | 02/04/2024
        -                 | BIN                       | 000123456   | 000654321  | 000123456
        consignee         | Importer Name             | SHAL LTD    | GARJAN CO  | SHAL LTD
        shipper           | Exporter Name             | PINE BOARDS | FIR SYSTEMS | PINE BOARDS
        -                 | Declarant Name            | SWIFT C&F   | SWIFT C&F  | SWIFT C&F
        origin_country    | Ctry of Origin            | TW          | CN         | TW
        export_country    | Ctry of Export            | HK          | CN         | HK
        hs_code           | HS Code                   | 84715000    | 84733000   | 84715000
        description       | Goods Description         | SERVERS     | CARDS      | SERVERS
        weight_kg         | Gross Mass                | 240         | 80         | 140
        +weight_kg        | Net Mass                  | 220         | 70         | 130
        quantity          | Suppl. Unit Qty           | 12          | 400        | 7
        -                 | CPC                       | 4000        | 4000       | 4000
        value             | Assessable Value (BDT)    | 5300000     | 5300000    | 3200000
        -                 | Total Tax (BDT)           | 100000      | 90000      | 80000
        """,
    ),
    "Kazakhstan": (
        "Казахстан экспорт.csv",
        """
        record_id         | Номер ДТ                  | 55302/010324/0001 | 55302/090324/0002 | 55302/220424/0003
        date              | Дата выпуска              | 01.03.2024  | 09.03.2024 | 22.04.2024
        shipper           | Экспортёр                 | ТОО АРША    | ТОО ТЕРЕК  | ТОО АРША
        -                 | БИН экспортёра            | 123456789012 | 210987654321 | 123456789012
        consignee         | Грузополучатель           | ООО БЕРЁЗА  | АО КЛЁН    | ООО БЕРЁЗА
        destination_country | Страна назначения       | РОССИЯ      | РОССИЯ     | УЗБЕКИСТАН
        origin_country    | Страна происхождения      | КИТАЙ       | КИТАЙ      | ТАЙВАНЬ
        hs_code           | Код ТНВЭД ЕАЭС            | 8471500000  | 8473302008 | 8471500000
        description       | Наименование товара       | СЕРВЕР      | ПЛАТЫ      | СЕРВЕР
        quantity          | Кол-во                    | 12          | 400        | 7
        quantity_unit     | Ед. изм.                  | шт          | шт         | шт
        weight_kg         | Масса нетто (кг)          | 220,5       | 70,5       | 130,5
        value             | Таможенная стоимость, тенге | 21000000  | 21000000   | 13000000
        value_usd         | Стоимость, USD            | 48000       | 48000      | 28700
        -                 | Цена за единицу, USD      | 4000        | 120        | 4100
        """,
    ),
    "Chinese headers": (
        "进口数据.csv",
        """
        date              | 进口日期                  | 2024年3月1日 | 2024年3月9日 | 2024年4月22日
        record_id         | 报关单号                  | 223120240001 | 223120240002 | 223120240003
        consignee         | 进口商名称                | 松树科技有限公司 | 柏树贸易公司 | 松树科技有限公司
        consignee_address | 进口商地址                | 上海市浦东  | 深圳市南山 | 上海市浦东
        shipper           | 供应商名称                | PINE BOARDS | FIR SYSTEMS | PINE BOARDS
        -                 | 报关行                    | 快速报关    | 快速报关   | 快速报关
        -                 | 生产商                    | PINE        | FIR        | PINE
        hs_code           | HS编码                    | 8471501000  | 8473309000 | 8471501000
        description       | 产品描述                  | 服务器      | 显卡       | 服务器
        origin_country    | 原产国                    | 台湾        | 美国       | 台湾
        export_country    | 启运国                    | 香港        | 新加坡     | 香港
        quantity          | 数量                      | 12          | 400        | 7
        quantity_unit     | 数量单位                  | 台          | 个         | 台
        weight_kg         | 毛重(KG)                  | 240         | 80         | 140
        +weight_kg        | 净重(KG)                  | 220         | 70         | 130
        -                 | 单价(USD)                 | 4000        | 120        | 4100
        value_usd         | 总金额(USD)               | 48000       | 48000      | 28700
        -                 | 运输方式                  | 航空        | 海运       | 航空
        -                 | 贸易国                    | 香港        | 新加坡     | 香港
        """,
    ),
    "Brazil": (
        "Brasil importações.csv",
        """
        date              | Data de desembaraço       | 13/02/2024  | 01/03/2024 | 02/04/2024
        record_id         | Número da DI              | 24/0000011-1 | 24/0000022-2 | 24/0000033-3
        -                 | CNPJ                      | 01.234.567/0001-89 | 02.345.678/0001-90 | 01.234.567/0001-89
        consignee         | Razão social do importador | IPÊ LTDA   | JATOBÁ SA  | IPÊ LTDA
        -                 | Município                 | Manaus      | Santos     | Manaus
        -                 | UF                        | AM          | SP         | AM
        shipper           | Exportador estrangeiro    | PINE BOARDS | FIR SYSTEMS | PINE BOARDS
        -                 | Fabricante                | PINE        | FIR        | PINE
        origin_country    | País de origem            | Taiwan      | China      | Taiwan
        -                 | País de aquisição         | Estados Unidos | China   | Estados Unidos
        export_country    | País de procedência       | Estados Unidos | China   | Estados Unidos
        hs_code           | Código NCM                | 84715010    | 84733041   | 84715010
        description       | Descrição detalhada do produto | SERVIDOR | PLACAS    | SERVIDOR
        quantity          | Qtde. comercializada      | 12          | 400        | 7
        quantity_unit     | Unidade de medida         | UN          | UN         | UN
        weight_kg         | Peso líquido (kg)         | 220,5       | 70,5       | 130,5
        value_usd         | Valor FOB (US$)           | 48.000,00   | 48.000,00  | 28.700,00
        -                 | Valor unitário (US$)      | 4.000,00    | 120,00     | 4.100,00
        -                 | Valor frete (US$)         | 100,00      | 90,00      | 80,00
        """,
    ),
    "Ecuador": (
        "Ecuador importaciones.csv",
        """
        date              | FECHA                     | 13/02/2024  | 01/03/2024 | 02/04/2024
        record_id         | REFRENDO                  | 028-2024-10-001 | 028-2024-10-002 | 028-2024-10-003
        -                 | RUC                       | 0990123456001 | 1790987654001 | 0990123456001
        consignee         | CONSIGNATARIO             | GUAYACAN SA | LAUREL CIA | GUAYACAN SA
        consignee_address | DIRECCION CONSIGNATARIO   | GUAYAQUIL   | QUITO      | GUAYAQUIL
        shipper           | EMBARCADOR                | PINE BOARDS | FIR SYSTEMS | PINE BOARDS
        -                 | AGENTE AFIANZADO          | VELOZ       | VELOZ      | VELOZ
        -                 | LINEA NAVIERA             | CEDRO       | CEDRO      | CEDRO
        origin_country    | PAIS ORIGEN               | TAIWAN      | CHINA      | TAIWAN
        export_country    | PAIS PROCEDENCIA          | PANAMA      | CHINA      | PANAMA
        hs_code           | SUBPARTIDA                | 8471500000  | 8473300000 | 8471500000
        +description      | DESCRIPCION ARANCELARIA   | LOS DEMAS   | PARTES     | LOS DEMAS
        description       | DESCRIPCION PRODUCTO COMERCIAL | SERVIDOR | TARJETAS | SERVIDOR
        quantity          | CANTIDAD                  | 12          | 400        | 7
        quantity_unit     | TIPO UNIDAD               | U           | U          | U
        +weight_kg        | KILOS NETO                | 220         | 70         | 130
        weight_kg         | KILOS BRUTO               | 240         | 80         | 140
        value_usd         | US$ FOB                   | 48000       | 48000      | 28700
        +value_usd        | US$ CIF                   | 48110       | 48099      | 28788
        -                 | US$ UNITARIO              | 4000        | 120        | 4100
        """,
    ),
    "Panama": (
        "Panama importaciones.csv",
        """
        date              | Fecha de la declaración   | 13/02/2024  | 01/03/2024 | 02/04/2024
        record_id         | Declaración               | 24-11       | 24-22      | 24-33
        consignee         | Nombre de la empresa importadora | CORTEZ SA | NANCE SA | CORTEZ SA
        hs_code           | Fracción                  | 847150000000 | 847330000000 | 847150000000
        description       | Descripción de la mercancía | SERVIDOR  | TARJETAS   | SERVIDOR
        origin_country    | País de origen            | TAIWÁN      | CHINA      | TAIWÁN
        quantity          | Cantidad                  | 12          | 400        | 7
        weight_kg         | Peso bruto                | 240         | 80         | 140
        +weight_kg        | Peso neto                 | 220         | 70         | 130
        value             | Valor FOB                 | 48000       | 48000      | 28700
        -                 | Total impuestos           | 1000        | 900        | 800
        """,
    ),
    "Philippines": (
        "Philippines import entries.csv",
        """
        record_id         | Entry No.                 | C-1001      | C-1002     | C-1003
        date              | Entry Date                | 2/13/2024   | 3/1/2024   | 4/2/2024
        consignee         | Consignee                 | NARRA CORP  | MOLAVE INC | NARRA CORP
        -                 | Broker                    | SWIFT       | SWIFT      | SWIFT
        shipper           | Supplier/Exporter         | PINE BOARDS | FIR SYSTEMS | PINE BOARDS
        origin_country    | CountryOrigin             | TW          | CN         | TW
        export_country    | CountryExport             | HK          | CN         | HK
        hs_code           | HSCODE                    | 84715090    | 84733090   | 84715090
        description       | GoodsDescription          | SERVERS     | CARDS      | SERVERS
        weight_kg         | GrossMassKgs              | 240         | 80         | 140
        +weight_kg        | NetMassKgs                | 220         | 70         | 130
        value             | CustomsValue              | 48000       | 48000      | 28700
        currency          | Currency                  | USD         | USD        | USD
        -                 | ExchangeRate              | 56.1        | 56.1       | 56.4
        -                 | DutyPaid                  | 0           | 0          | 12
        """,
    ),
    "Sri Lanka": (
        "Sri Lanka Imports Cusdec.csv",
        """
        record_id         | Cusdec No                 | I 1001      | I 1002     | I 1003
        date              | Cusdec Date               | 13-Feb-24   | 01-Mar-24  | 02-Apr-24
        -                 | Consignee TIN             | 114123456   | 114654321  | 114123456
        consignee         | Consignee Name            | HORA PVT    | NA TREE LTD | HORA PVT
        consignee_address | Consignee Address         | COLOMBO     | KANDY      | COLOMBO
        shipper           | Exporter Name             | PINE BOARDS | FIR SYSTEMS | PINE BOARDS
        -                 | Declarant Name            | SWIFT       | SWIFT      | SWIFT
        hs_code           | H.S. Code                 | 84715000    | 84733000   | 84715000
        description       | Commodity Description     | SERVERS     | CARDS      | SERVERS
        origin_country    | Country of Origin         | TW          | CN         | TW
        quantity          | Qty 1                     | 12          | 400        | 7
        quantity_unit     | Qty 1 Unit                | NMB         | NMB        | NMB
        weight_kg         | Gross Weight              | 240         | 80         | 140
        +weight_kg        | Net Weight                | 220         | 70         | 130
        value             | CIF Value (LKR)           | 15000000    | 15000000   | 9000000
        """,
    ),
    "Kenya": (
        "Kenya imports.csv",
        """
        record_id         | Entry Number              | 2024NBO11   | 2024NBO22  | 2024NBO33
        date              | Entry Date                | 13-Feb-2024 | 01-Mar-2024 | 02-Apr-2024
        -                 | Importer PIN              | P051234567A | P059876543B | P051234567A
        consignee         | Importer Name             | MVULE LTD   | MUGUMO CO  | MVULE LTD
        shipper           | Foreign Supplier          | PINE BOARDS | FIR SYSTEMS | PINE BOARDS
        -                 | Clearing Agent            | HARAKA      | HARAKA     | HARAKA
        hs_code           | Commodity Code            | 84715000    | 84733000   | 84715000
        description       | Item Description          | SERVERS     | CARDS      | SERVERS
        origin_country    | Country Of Origin         | TAIWAN      | CHINA      | TAIWAN
        export_country    | Country Of Supply         | UAE         | CHINA      | UAE
        quantity          | Quantity                  | 12          | 400        | 7
        quantity_unit     | Unit of Measure           | U           | U          | U
        weight_kg         | Net Mass (Kgs)            | 220         | 70         | 130
        value             | Customs Value (KES)       | 7000000     | 7000000    | 4000000
        -                 | Total Duty Paid           | 0           | 100        | 200
        """,
    ),
    "Ghana": (
        "Ghana import BOE.csv",
        """
        record_id         | BOE No                    | 4024011     | 4024022    | 4024033
        date              | BOE Date                  | 13/02/2024  | 01/03/2024 | 02/04/2024
        consignee         | Importer                  | ODUM LTD    | WAWA CO    | ODUM LTD
        shipper           | Exporter                  | PINE BOARDS | FIR SYSTEMS | PINE BOARDS
        -                 | Declarant                 | NTEM        | NTEM       | NTEM
        hs_code           | HS Code                   | 8471500000  | 8473300000 | 8471500000
        +description      | HS Description            | OTHER       | PARTS      | OTHER
        description       | Goods Description         | SERVERS     | CARDS      | SERVERS
        origin_country    | Country of Origin         | TAIWAN      | CHINA      | TAIWAN
        export_country    | Country of Consignment    | UAE         | CHINA      | UAE
        weight_kg         | Net Wt (kg)               | 220         | 70         | 130
        quantity          | Supp Qty                  | 12          | 400        | 7
        value             | FOB (GHS)                 | 600000      | 600000     | 350000
        -                 | Duty (GHS)                | 0           | 100        | 200
        -                 | Exch. Rate                | 12.5        | 12.5       | 12.9
        """,
    ),
    "US bills of lading (AMS)": (
        "ams_2023.csv",
        """
        record_id         | identifier                | 2023010112345 | 2023010112346 | 2023010112347
        -                 | vessel_name               | CEDAR ONE   | CEDAR TWO  | TEAK ONE
        import_port       | port_of_unlading          | Oakland, California | Long Beach, California | Oakland, California
        +date             | estimated_arrival_date    | 2023-01-01  | 2023-01-02 | 2023-01-03
        date              | actual_arrival_date       | 2023-01-02  | 2023-01-03 | 2023-01-04
        export_port       | foreign_port_of_lading    | Kao Hsiung,China (Taiwan) | Yantian | Kao Hsiung,China (Taiwan)
        -                 | place_of_receipt          | KEELUNG     | YANTIAN    | KEELUNG
        consignee         | consignee_name            | ALDER COMPUTE | BIRCH DATA | ALDER COMPUTE
        consignee_address | consignee_address_1       | 1 ELM ST    | 2 OAK ST   | 1 ELM ST
        -                 | consignee_city            | RENO        | PROVO      | RENO
        consignee_country | consignee_country_code    | US          | US         | US
        shipper           | shipper_party_name        | PINE BOARDS | FIR SYSTEMS | PINE BOARDS
        shipper_address   | shipper_party_address_1   | 7 LANE      | 9 ROAD     | 7 LANE
        shipper_country   | shipper_country_code      | TW          | CN         | TW
        -                 | notify_party_name         | SWIFT       | SWIFT      | SWIFT
        -                 | container_number          | ABCU1234567 | ABCU7654321 | ABCU1111111
        -                 | piece_count               | 12          | 40         | 7
        description       | description_text          | SERVERS     | FANS       | SERVERS
        hs_code           | harmonized_number         | 847150      | 841459     | 847150
        value_usd         | harmonized_value_usd      | 50000       | 61000      | 72000
        quantity          | manifest_quantity         | 12          | 40         | 7
        quantity_unit     | manifest_unit             | Cartons     | Packages   | Cartons
        weight_kg         | weight                    | 2645.5      | 11684.5    | 1763.7
        .                 | weight_unit               | Pounds      | Pounds     | Pounds
        -                 | measurement_unit          | X           | X          | X
        """,
    ),
    "French, West Africa": (
        "Sénégal importations.csv",
        """
        record_id         | N° déclaration            | 2024S1001   | 2024S1002  | 2024S1003
        date              | Date d'enregistrement     | 13/02/2024  | 01/03/2024 | 02/04/2024
        consignee         | Nom de l'importateur      | BAOBAB SARL | FROMAGER SA | BAOBAB SARL
        consignee_address | Adresse de l'importateur  | Dakar       | Thiès      | Dakar
        shipper           | Fournisseur étranger      | PINE BOARDS | FIR SYSTEMS | PINE BOARDS
        -                 | Déclarant en douane       | VITE TRANSIT | VITE TRANSIT | VITE TRANSIT
        hs_code           | Position tarifaire        | 8471500000  | 8473300000 | 8471500000
        description       | Désignation commerciale   | SERVEURS    | CARTES     | SERVEURS
        origin_country    | Pays d'origine            | Taïwan      | Chine      | Taïwan
        export_country    | Pays de provenance        | France      | Chine      | France
        weight_kg         | Poids brut (kg)           | 240,5       | 80,5       | 140,5
        +weight_kg        | Poids net (kg)            | 220,5       | 70,5       | 130,5
        quantity          | Quantité complémentaire   | 12          | 400        | 7
        quantity_unit     | Unité complémentaire      | U           | U          | U
        value             | Valeur en douane (FCFA)   | 29 000 000  | 29 000 000 | 17 000 000
        -                 | Droits et taxes           | 100         | 90         | 80
        import_port       | Bureau de douane          | Dakar Port  | Dakar Port | Dakar Port
        """,
    ),
    "Customs declaration of the EU": (
        "UK declarations.csv",
        """
        record_id         | MRN                       | 24GB001     | 24GB002    | 24GB003
        date              | Acceptance Date           | 13/02/2024  | 01/03/2024 | 02/04/2024
        shipper           | Consignor                 | PINE BOARDS | FIR SYSTEMS | PINE BOARDS
        consignee         | Consignee                 | YEW LTD     | HOLLY PLC  | YEW LTD
        -                 | Consignee EORI            | GB123       | GB456      | GB123
        -                 | Declarant                 | SWIFT       | SWIFT      | SWIFT
        -                 | Representative            | SWIFT       | SWIFT      | SWIFT
        export_country    | Country of Dispatch       | TW          | CN         | TW
        destination_country | Country of Destination  | GB          | GB         | GB
        origin_country    | Country of Origin         | TW          | CN         | TW
        hs_code           | Commodity Code            | 8471500000  | 8473302000 | 8471500000
        description       | Description of Goods      | SERVERS     | CARDS      | SERVERS
        +weight_kg        | Net Mass (kg)             | 220         | 70         | 130
        weight_kg         | Gross Mass (kg)           | 240         | 80         | 140
        quantity          | Supplementary Units       | 12          | 400        | 7
        value             | Invoice Amount            | 40000       | 40000      | 22000
        currency          | Invoice Currency          | GBP         | USD        | GBP
        """,
    ),
    "Latin American vendor, both sides by direction": (
        "Costa Rica Import.csv",
        """
        date              | Date                      | 13/02/2024  | 01/03/2024 | 02/04/2024
        consignee         | Company                   | CENIZARO SA | ESPAVEL SA | CENIZARO SA
        shipper           | Foreign Company           | PINE BOARDS | FIR SYSTEMS | PINE BOARDS
        origin_country    | Country                   | TAIWAN      | CHINA      | TAIWAN
        hs_code           | Tariff Code               | 847150000000 | 847330000000 | 847150000000
        description       | Product                   | SERVERS     | CARDS      | SERVERS
        quantity          | Quantity 1                | 12          | 400        | 7
        quantity_unit     | Unit 1                    | U           | U          | U
        -                 | Quantity 2                | 1           | 4          | 1
        weight_kg         | Gross Kg                  | 240         | 80         | 140
        value_usd         | Total CIF Value US$       | 48000       | 48000      | 28700
        -                 | Unit CIF Value US$        | 4000        | 120        | 4100
        """,
    ),
}  # fmt: skip


def columns_of(text):
    """Return (mark, header, values) for each line of a layout."""
    lines = (line.split(" | ") for line in text.strip().splitlines())
    return [(cells[0].strip(), cells[1].strip(), [c.strip() for c in cells[2:]]) for cells in lines]


def as_csv(columns, above=(), below=()):
    """Return columns as CSV text, with rows above and below the table."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    writer.writerows(above)
    writer.writerow([header for _, header, _ in columns])
    writer.writerows(zip(*(values for _, _, values in columns), strict=True))
    writer.writerows(below)
    return out.getvalue()


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts_of_other_vendors(write, name):
    file, text = LAYOUTS[name]
    columns = columns_of(text)
    sheet = read_records(write(file, as_csv(columns))).sheets[0]
    found = {header: field for field, (header, _) in sheet.columns.items()}
    found |= {h: f"+{field}" for field, headers in sheet.also.items() for h in headers}
    wanted = {header: mark for mark, header, _ in columns if mark not in {"-", "."}}
    readable = {header for mark, header, _ in columns if mark == "."}
    assert {h: f for h, f in found.items() if h not in readable} == wanted


def columns(records):
    return {field: header for field, (header, _) in records.sheets[0].columns.items()}


PARTIES = "DATE,EXPORTER,IMPORTER"
FIVE = (
    "2024-01-01,PINE LTD,ELM CO", "2024-01-02,FIR LTD,OAK CO", "2024-01-03,YEW LTD,ASH CO",
    "2024-01-04,FIG LTD,BAY CO", "2024-01-05,PINE LTD,OAK CO",
)  # fmt: skip


def table(headers, *rows):
    """Return CSV text: five rows of date and parties, then what a test adds."""
    lines = [f"{PARTIES},{headers}", *(f"{a},{b}" for a, b in zip(FIVE, rows, strict=True))]
    return "\n".join(lines) + "\n"


def test_banner_and_totals_around_the_table(write):
    text = LAYOUTS["Kenya"][1]
    body = as_csv(
        columns_of(text),
        above=[["Kenya import data"], ["Period: Feb 2024 - Apr 2024", "", "Total records: 3"], []],
        below=[[], ["", "", "", "GRAND TOTAL", "", "", "", "", "", "", "419"], ["Source: nobody"]],
    )
    records = read_records(write("export of a report.csv", body))
    sheet = records.sheets[0]
    assert (sheet.header_row, sheet.direction, sheet.reporting_country) == (4, "import", "KE")
    assert records.counts == {"rows_in": 5, "used": 3, "rejected": 2, "duplicate": 0}
    assert set(records.rejected["reason"]) == {"stands below the table: a total or a remark"}


@pytest.mark.parametrize(
    ("cells", "days", "precision"),
    [
        (["Março/2024", "Abril/2024", "Dezembro/2023"], ["2024-03", "2024-04", "2023-12"], "month"),
        (["202403", "202404", "202312"], ["2024-03", "2024-04", "2023-12"], "month"),
        (["2024年3月", "2024年4月", "2023年12月"], ["2024-03", "2024-04", "2023-12"], "month"),
        (["Mar-24", "Apr-24", "Dec-23"], ["2024-03", "2024-04", "2023-12"], "month"),
        (["45352", "45384.5", "45291"], ["2024-03-01", "2024-04-02", "2023-12-31"], "day"),
        (["3/28/2024", "4/2/2024", "4/15/2024"], ["2024-03-28", "2024-04-02", "2024-04-15"], "day"),
        (["28.03.24", "02.04.24", "15.04.24"], ["2024-03-28", "2024-04-02", "2024-04-15"], "day"),
    ],
)  # fmt: skip
def test_dates_of_other_vendors(write, cells, days, precision):
    rows = "".join(f"{cell};S{i} LTD;C CO\n" for i, cell in enumerate(cells))
    frame = read_records(write("d.csv", "Fecha;Exportador;Importador\n" + rows)).table
    frame = frame.sort_values("shipper")
    assert [str(day)[: len(days[0])] for day in frame["date"]] == days
    assert set(frame["date_precision"]) == {precision}


def test_several_values_weights_and_shares(write):
    records = read_records(
        write(
            "Peru Import.csv",
            table(
                "CIF VALUE USD,FOB VALUE USD,CIF VALUE PEN,FREIGHT USD,%GTTOTALVALUE,VALUE SHARE,"
                "NET WEIGHT LB,GROSS WEIGHT LB,UNIT PRICE USD",
                "110,100,400,9,0.01,0.011,9,10,1",
                "220,200,800,9,0.02,0.022,18,20,2",
                "330,300,1200,9,0.03,0.033,27,30,3",
                "440,400,1600,9,0.04,0.044,36,40,4",
                "550,500,2000,9,0.05,0.055,45,50,5",
            ),
        )
    )
    found = columns(records)
    assert found["value_usd"] == "FOB VALUE USD" and found["value"] == "CIF VALUE PEN"
    assert found["weight_kg"] == "GROSS WEIGHT LB"
    first = records.table.sort_values("date").iloc[0]
    assert first["weight_kg"] == pytest.approx(4.5359237) and first["currency"] == "PEN"


def test_a_price_of_a_unit_shows_itself_by_the_quantity(write):
    records = read_records(
        write(
            "a.csv",
            table("QTY,USD VALUE,USD AMOUNT",
                  "10,5,50", "3,7.5,22.5", "40,2,80", "8,6,48", "9,3,27"),
        )
    )  # fmt: skip
    assert columns(records)["value_usd"] == "USD AMOUNT"


def test_units_inside_the_number(write):
    body = table(
        "Quantity,Weight",
        '"1,200 PCS",2.5 MT', "40 CTN,300 KGS", "7 PKG,10 KGS", '"2,000 PCS",1 MT', "5 PCS,9 KGS",
    )  # fmt: skip
    frame = read_records(write("q.csv", body)).table.sort_values("date")
    assert list(frame["quantity"])[:2] == [1200, 40]
    assert list(frame["quantity_unit"])[:2] == ["PCS", "CTN"]
    assert list(frame["weight_kg"])[:3] == [2500, 300, 10]


@pytest.mark.parametrize(
    ("file", "own", "other"),
    [("Kenya Import.csv", "consignee", "shipper"), ("Kenya Export.csv", "shipper", "consignee")],
)
def test_company_and_partner_are_read_by_the_direction(write, file, own, other):
    body = (
        "Date,Company,Foreign Partner,Country\n2024-01-01,A LTD,B LTD,China\n"
        "2024-01-02,C LTD,D LTD,India\n"
    )
    records = read_records(write(file, body))
    found = columns(records)
    assert (found[own], found[other]) == ("Company", "Foreign Partner")
    assert set(records.table[f"{own}_country"]) == {"KE"}


def test_direction_and_country_only_in_the_banner(write):
    body = (
        "Customs data: Ghana - Imports 2024\n\nDate;Importer;Supplier;Quantity\n01/02/2024;A;B;1\n"
    )
    sheet = read_records(write("data.csv", body)).sheets[0]
    assert (sheet.direction, sheet.reporting_country) == ("import", "GH")


def test_a_direction_column_of_both_ways(write):
    body = (
        "Date,Type of trade,Exporter,Importer\n2024-01-01,Import,A LTD,B LTD\n"
        "2024-01-02,Export,B LTD,C LTD\n"
    )
    records = read_records(write("Peru trade.csv", body))
    frame = records.table.sort_values("date")
    assert records.sheets[0].direction is None
    assert list(frame["consignee_country"].fillna("?")) == ["PE", "?"]
    assert list(frame["shipper_country"].fillna("?")) == ["?", "PE"]


def test_chapters_shares_and_numbers_of_lines_are_no_fields(write):
    records = read_records(
        write(
            "x.csv",
            table(
                "HS2,HS4,HS CODE,CHAPTER,ITEM NO,SR NO",
                "84,8471,84715000,84,1,1", "85,8542,85423100,85,2,2", "84,8473,84733000,84,1,3",
                "85,8517,85176200,85,1,4", "84,8471,84714100,84,3,5",
            ),
        )
    )  # fmt: skip
    assert set(columns(records)) == {"date", "shipper", "consignee", "hs_code"}
    assert columns(records)["hs_code"] == "HS CODE"
    short = write("y.csv", table("HS6", "847150", "854231", "847330", "851762", "847141"))
    assert columns(read_records(short))["hs_code"] == "HS6"


def test_the_order_of_a_declarations_dates(write):
    records = read_records(
        write(
            "x.csv",
            "IMPORTER,SUPPLIER,LICENCE DATE,ETA,PAYMENT DATE,REGISTRATION DATE,INVOICE DATE\n"
            "A,B,2020-01-01,2024-02-01,2024-03-01,2024-02-09,2023-12-01\n"
            "C,D,2020-01-01,2024-02-02,2024-03-02,2024-02-10,2023-12-02\n",
        )
    )
    assert columns(records)["date"] == "REGISTRATION DATE"


def test_texts_that_say_nothing(write):
    body = table(
        "ORIGIN COUNTRY,DESTINATION COUNTRY,HS CODE",
        "NA,ZZ,84715000", "ZA,N/A,NULL", "BW,NULL,84715000", "ZM,-,N/A", "NA,ZA,84715000",
    )  # fmt: skip
    records = read_records(write("c.csv", body))
    frame = records.table.sort_values("date")
    assert list(frame["origin_country"]) == ["NA", "ZA", "BW", "ZM", "NA"]
    assert list(frame["destination_country"].fillna("?")) == ["?", "?", "?", "?", "ZA"]
    assert frame["hs_code"].isna().sum() == 2 and len(records.rejected) == 0


def test_a_destination_that_repeats_the_origin(write):
    body = table("ORIGIN,DESTINATION", "CN,CN", "TW,TW", "JP,JP", "CN,CN", "KR,KR")
    records = read_records(write("shipments.csv", body))
    assert columns(records)["origin_country"] == "ORIGIN"
    assert "destination_country" not in columns(records)
    assert any("repeats 'ORIGIN'" in w for w in records.sheets[0].warnings)


def test_a_consignee_that_repeats_the_exporter_gives_way_to_the_buyer(write):
    rows = ("ELM CO", "OAK CO", "ASH CO", "BAY CO", "OAK CO")
    body = "DATE,EXPORTER,CONSIGNEE,FOREIGN BUYER\n" + "".join(
        f"{day},{exporter},{exporter.lower()},{buyer}\n"
        for (day, exporter, _), buyer in zip((row.split(",") for row in FIVE), rows, strict=True)
    )
    records = read_records(write("Ghana Export.csv", body))
    assert columns(records)["consignee"] == "FOREIGN BUYER"
    assert any("'CONSIGNEE' repeats 'EXPORTER'" in w for w in records.sheets[0].warnings)


def test_agents_in_many_languages_are_no_side(write):
    headers = (
        "Freight Forwarder,Customs House Agent,Notify Party Name,Agente de Aduana,Déclarant,"
        "Декларант,Gümrük Müşaviri,Đại lý,报关行,Despachante,Notify Address,Declarant Address"
    )
    names = ",".join(f"SWIFT {i} LTD" for i in range(12))
    records = read_records(write("a.csv", table(headers, *[names] * 5)))
    assert set(columns(records)) == {"date", "shipper", "consignee"}


def test_silent_columns_stand_behind_those_that_speak(write):
    records = read_records(
        write(
            "Nigeria Export.csv",
            table(
                "FOB USD,CIF USD,QUANTITY,NET WEIGHT,GROSS WEIGHT,FOB IN FC,CIF IN NGN,UNIT",
                "0,5,0,7,,0,9,NULL", "0,6,0,8,,0,10,NULL", "0,7,0,9,,0,11,NULL",
                "0,8,0,10,,0,12,NULL", "0,9,0,11,,0,13,NULL",
            ),
        )
    )  # fmt: skip
    found, frame = columns(records), records.table
    assert found["value_usd"] == "CIF USD" and found["weight_kg"] == "NET WEIGHT"
    assert found["value"] == "CIF IN NGN" and set(frame["currency"]) == {"NGN"}
    assert frame["quantity"].isna().all() and frame["quantity_unit"].isna().all()
    assert any("only zeros" in w for w in records.sheets[0].warnings)


def test_name_and_address_in_one_cell_name_the_side(write):
    body = (
        "Arrival Date,Shipper Name & Address,Consignee Name and Address\n"
        '2024-01-01,"PINE LTD, 7 LANE, TAIPEI","ELM CO, 1 MAIN ST, RENO"\n'
    )
    records = read_records(write("bl.csv", body))
    assert columns(records)["shipper"] == "Shipper Name & Address"
    assert columns(records)["consignee"] == "Consignee Name and Address"


TOTALS = {
    "by code and country": "HS Code,Country,Year,Value USD,Net Weight\n847150,China,2024,5,6\n",
    "by month": "Month,Chapter,Country of Origin,Total Value,Share\nMar 2024,84,CN,100,0.5\n",
    "of a ministry": "Año,País de destino,Partida,Valor FOB,Peso neto\n2024,Chile,847150,5,6\n",
    "with counts": "Destination,HS,Number of Shipments,Value USD\nChina,847150,17,100\n",
    "of countries": "HS,Exporter,Importer,Year,Value\n847150,China,Japan,2024,5\n",
    "of the United Nations": (
        "Reporter,Partner,Trade Flow,Commodity Code,Trade Value (US$),Netweight (kg),Period\n"
        "China,Japan,Import,847150,100,10,2024\n"
    ),
    "of a port": "Date,Port of Lading,Goods,Quantity,Value USD\n2024-03-01,Keelung,PCS,5,100\n",
}


@pytest.mark.parametrize("name", TOTALS)
def test_totals_are_kept_out_of_the_network_and_said_so(write, name):
    records = read_records(write("totals.csv", TOTALS[name]))
    sheet = records.sheets[0]
    assert sheet.kind == "aggregate" and "totals" in sheet.reason
    assert len(records.table) == 0 and set(records.rejected["reason"]) == {sheet.reason}
    assert "aggregate" in records.explain()


def test_sums_of_a_month_with_parties_are_records_of_that_precision(write):
    body = (
        "IMPORTER_NAME,SUPPLIER_NAME,HS_CODE,TOTALVALUE,%GTTOTALVALUE,TOTALQUANTITY,MONTHYEAR\n"
        "ELM CO,PINE LTD,847150,100,0.5,8,Mar 2024\nOAK CO,FIR LTD,847150,100,0.5,9,Apr 2024\n"
    )
    records = read_records(write("Ghana Import.csv", body))
    assert records.sheets[0].kind == "records"
    assert set(records.table["date_precision"]) == {"month"}
    assert "%GTTOTALVALUE" in records.sheets[0].unknown


OPEN = {
    "shipper": ("DATE,SENDER,SHIPPER,CONSIGNEE", "A{} LTD,B{} LTD,C CO", "SENDER", "SHIPPER"),
    "consignee": ("DATE,SHIPPER,RECEIVER,CONSIGNEE", "A LTD,B{} CO,C{} CO", "RECEIVER", "CONSIGNEE"),
    "date": ("DATE A,SHIPPER,CONSIGNEE,DATE B", "A{} LTD,B CO,2023-0{}-01", "DATE A", "DATE B"),
}  # fmt: skip


@pytest.mark.parametrize("field", OPEN)
def test_a_tie_that_nothing_settles_is_refused_unless_a_layout_decides(write, tmp_path, field):
    header, cells, first, second = OPEN[field]
    rows = "".join(f"2024-01-0{i},{cells.format(i, i)}\n" for i in range(1, 6))
    path = write("t.csv", f"{header}\n{rows}")
    with pytest.raises(InputError) as caught:
        read_records(path)
    assert first in str(caught.value) and second in str(caught.value) and field in str(caught.value)
    good = write("good.csv", "date,shipper,consignee\n2024-01-01,A,B\n")
    sheets = {sheet.source: sheet for sheet in read_records(path, good).sheets}
    refused = sheets[path.as_posix()]
    assert refused.kind == "other" and f"{first!r} or {second!r}" in refused.reason
    layout = tmp_path / "mine.toml"
    layout.write_text(f'[fields]\n{field} = ["{second}"]\n')
    told = read_records(path, layout=layout)
    assert columns(told)[field] == second and len(told.table) == 5


@pytest.mark.parametrize(
    ("headers", "field", "used", "variant"),
    [
        ("SUPPLIER NAME,EXPORTER NAME,CONSIGNEE", "shipper", "EXPORTER NAME", False),
        ("SHIPPER NAME,EXPORTER NAME,CONSIGNEE", "shipper", "EXPORTER NAME", False),
        ("EXPORTER NAME,EXPORTER NAME EN,CONSIGNEE", "shipper", "EXPORTER NAME EN", True),
        ("EXPORTER,STD EXPORTER,CONSIGNEE", "shipper", "STD EXPORTER", True),
        ("EXPORTER,CONSIGNEE,BUYER", "consignee", "CONSIGNEE", False),
    ],
)
def test_a_documented_preference_settles_a_tie(write, headers, field, used, variant):
    rows = "".join(f"2024-01-0{i},A{i} LTD,B{i} LTD,C{i} CO\n" for i in range(1, 6))
    records = read_records(write("t.csv", f"DATE,{headers}\n{rows}"))
    assert records.sheets[0].kind == "records" and columns(records)[field] == used
    said = any(f"{used!r} is used as {field} before" in w for w in records.sheets[0].warnings)
    assert said == (not variant)


def test_two_columns_that_agree_or_complete_each_other_are_no_tie(write):
    same = "".join(f"2024-01-0{i},A{i} LTD,a{i} ltd,C CO\n" for i in range(1, 6))
    assert (
        read_records(write("s.csv", f"DATE,SENDER,SHIPPER,CONSIGNEE\n{same}")).counts["used"] == 5
    )
    turns = "".join(f"2024-01-0{i},{',A LTD' if i % 2 else 'B LTD,'},C CO\n" for i in range(1, 6))
    frame = read_records(write("c.csv", f"DATE,SENDER,SHIPPER,CONSIGNEE\n{turns}")).table
    assert frame["shipper"].notna().all()


def test_words_that_begin_like_months_are_no_dates(write):
    body = table(
        "PRODUCT DESCRIPTION",
        "MARBLE 60X60", "DECORATION 5", "JUNCTION BOX 12", "MAGNET 30", "OCTAL RELAY 8",
    )  # fmt: skip
    assert columns(read_records(write("m.csv", body)))["description"] == "PRODUCT DESCRIPTION"
