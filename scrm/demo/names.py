"""Names as they fall in China: surnames by frequency, given names by age, one table per spelling."""

import re
from functools import lru_cache

import numpy as np

from scrm.demo.draws import Array, Draws

# In order of frequency; hans with pinyin, and the traditional form after “/” where it differs.
SURNAMES = """王Wang 李Li 张/張Zhang 刘/劉Liu 陈/陳Chen 杨/楊Yang 黄/黃Huang 赵/趙Zhao 吴/吳Wu 周Zhou 徐Xu 孙/孫Sun 马/馬Ma
朱Zhu 胡Hu 郭Guo 何He 林Lin 高Gao 罗/羅Luo 郑/鄭Zheng 梁Liang 谢/謝Xie 宋Song 唐Tang 许/許Xu 韩/韓Han 邓/鄧Deng 冯/馮Feng
曹Cao 彭Peng 曾Zeng 肖Xiao 田Tian 董Dong 潘Pan 袁Yuan 蔡Cai 蒋/蔣Jiang 余Yu 于Yu 杜Du 叶/葉Ye 程Cheng 魏Wei 苏/蘇Su 吕/呂Lü
丁Ding 任Ren 卢/盧Lu 姚Yao 沈Shen 钟/鍾Zhong 姜Jiang 崔Cui 谭/譚Tan 陆/陸Lu 范Fan 汪Wang 廖Liao 石Shi 金Jin 韦/韋Wei 贾/賈Jia
夏Xia 付Fu 方Fang 邹/鄒Zou 熊Xiong 白Bai 孟Meng 秦Qin 邱Qiu 侯Hou 江Jiang 尹Yin 薛Xue 闫/閆Yan 段Duan 雷Lei 龙/龍Long 黎Li
史Shi 陶Tao 贺/賀He 毛Mao 郝Hao 顾/顧Gu 龚/龔Gong 邵Shao 万/萬Wan 覃Qin 武Wu 钱/錢Qian 戴Dai 严/嚴Yan 莫Mo 孔Kong 向Xiang
常Chang 汤/湯Tang 康Kang 易Yi 乔/喬Qiao 赖/賴Lai 文Wen 庞/龐Pang 樊Fan 殷Yin 施Shi 翟Zhai 倪Ni 颜/顏Yan 欧阳/歐陽Ouyang
上官Shangguan 司徒Situ 诸葛/諸葛Zhuge 夏侯Xiahou"""

# Four layers by age: above 55, 40–55, 25–40, below 25.
GIVEN = [
    """建Jian 国/國Guo 华/華Hua 明Ming 志Zhi 兰/蘭Lan 英Ying 秀Xiu 桂Gui 珍Zhen 玉Yu 淑Shu 芳Fang 春Chun 荣/榮Rong 德De 福Fu 贵/貴Gui
永Yong 生Sheng 凤/鳳Feng 琴Qin 梅Mei 红/紅Hong 庆/慶Qing 祥Xiang 林Lin 根Gen 宝/寶Bao 忠Zhong 义/義Yi 信Xin 维/維Wei 爱/愛Ai
云/雲Yun 霞Xia 莲/蓮Lian 金Jin 水Shui 清Qing 平Ping 安An 民Min 胜/勝Sheng 利Li 卫/衛Wei 东/東Dong 新Xin 光Guang 发/發Fa
仁Ren 良Liang 善Shan 才Cai 有You 天Tian 文Wen 武Wu 全Quan 成Cheng 先Xian 树/樹Shu 山Shan 海Hai 河He 启/啟Qi 振Zhen 兴/興Xing
学/學Xue 正Zheng 道Dao 长/長Chang 世Shi 家Jia 喜Xi 庚Geng 木Mu 亭Ting 香Xiang 菊Ju 巧Qiao 月Yue 素Su 美Mei 惠Hui 彩Cai""",
    """伟/偉Wei 强/強Qiang 勇Yong 军/軍Jun 杰/傑Jie 涛/濤Tao 磊Lei 波Bo 斌Bin 辉/輝Hui 刚/剛Gang 健Jian 峰Feng 超Chao 鹏/鵬Peng 飞/飛Fei
静/靜Jing 敏Min 丽/麗Li 娟Juan 艳/艷Yan 燕Yan 玲Ling 萍Ping 莉Li 芬Fen 琳Lin 慧Hui 颖/穎Ying 洁/潔Jie 娜Na 婷Ting 倩Qian 洪Hong
宁/寧Ning 亮Liang 浩Hao 凯/凱Kai 松Song 毅Yi 晖/暉Hui 立Li 晓/曉Xiao 少Shao 景Jing 丹Dan 蓉Rong 薇Wei 虹Hong 青Qing 岚/嵐Lan
冰Bing 雪Xue 梦/夢Meng 宏Hong 大Da 一Yi 向Xiang 利Li 旭Xu 阳/陽Yang 雷Lei 钢/鋼Gang 锋/鋒Feng 铭/銘Ming 钧/鈞Jun 建Jian 华/華Hua
彬Bin 岩Yan 君Jun 力Li 坤Kun 海Hai 江Jiang 进/進Jin 元Yuan 群Qun 茜Qian 蕾Lei 瑛Ying 瑞Rui 珊Shan 媛Yuan 卉Hui 黎Li 俊Jun
栋/棟Dong 柏Bai 曼Man 菁Jing 荔Li 苗Miao 芸Yun 若Ruo 培Pei 可Ke""",
    """佳Jia 欣Xin 怡Yi 雨Yu 晨Chen 思Si 琪Qi 嘉Jia 婧Jing 悦/悅Yue 萌Meng 雅Ya 诗/詩Shi 涵Han 瑶/瑤Yao 璐Lu 楠Nan 宇Yu 航Hang 博Bo
文Wen 鑫Xin 昊Hao 然Ran 子Zi 轩/軒Xuan 俊Jun 睿Rui 翔Xiang 皓Hao 晗Han 彤Tong 妍Yan 菲Fei 露Lu 甜Tian 依Yi 心Xin 语/語Yu 馨Xin
凡Fan 恒/恆Heng 逸Yi 远/遠Yuan 泽/澤Ze 宸Chen 天Tian 成Cheng 星Xing 月Yue 晴Qing 夏Xia 秋Qiu 冬Dong 安An 乐/樂Le 可Ke 一Yi 诺/諾Nuo
言Yan 知Zhi 行Xing 书/書Shu 墨Mo 青Qing 竹Zhu 沐Mu 白Bai 若Ruo 溪Xi 源Yuan 洋Yang 川Chuan 岳Yue 霖Lin 霏Fei 雯Wen 霄Xiao 帆Fan
舟Zhou 桐Tong 梓Zi 柠/檸Ning 蓁Zhen 茗Ming 苓Ling 芷Zhi 荷He 莹/瑩Ying 珂Ke 玥Yue 琦Qi 瑾Jin 璇Xuan 煜Yu 炜/煒Wei 烨/燁Ye 承Cheng
启/啟Qi 明Ming 哲Zhe 彦/彥Yan 卓Zhuo 越Yue""",
    """梓Zi 涵Han 浩Hao 宇Yu 沐Mu 宸Chen 奕Yi 辰Chen 诺/諾Nuo 一Yi 依Yi 伊Yi 若Ruo 汐Xi 柚You 苡Yi 沫Mo 汝Ru 安An 允Yun 佑You 屿/嶼Yu
淮Huai 榆Yu 槿Jin 禾He 秋Qiu 景Jing 行Xing 知Zhi 予Yu 初Chu 夏Xia 南Nan 乔/喬Qiao 木Mu 林Lin 语/語Yu 桐Tong 昕Xin 妤Yu 嫣Yan 婉Wan
昱Yu 瑞Rui 晟Sheng 泽/澤Ze 洋Yang 俊Jun 熙Xi 钰/鈺Yu 铭/銘Ming 锦/錦Jin 程Cheng 峻Jun 嘉Jia 懿Yi 皓Hao 轩/軒Xuan 烁/爍Shuo
可Ke 心Xin 朵Duo 糖Tang 果Guo 豆Dou 米Mi 小Xiao 艺/藝Yi 馨Xin 瑶/瑤Yao 琳Lin 璟Jing 珞Luo 瑜Yu 凝Ning 霁/霽Ji 岚/嵐Lan 溪Xi 澈Che
淇Qi 渝Yu 清Qing 和He 时/時Shi 晏Yan 星Xing 洛Luo 川Chuan 野Ye 乐/樂Le""",
]

# Hong Kong: traditional with the Cantonese spelling.
HK_SURNAMES = """陳Chan 黃Wong 李Lee 張Cheung 梁Leung 林Lam 劉Lau 吳Ng 何Ho 鄭Cheng 周Chow 楊Yeung 葉Yip 馮Fung 曾Tsang 鄧Tang 蔡Choi
徐Tsui 郭Kwok 趙Chiu 羅Lo 謝Tse 朱Chu 余Yu 蘇So 許Hui 潘Poon 麥Mak 方Fong 歐陽Auyeung"""
HK_GIVEN = """詠Wing 珊Shan 詩Sze 韻Wan 嘉Ka 欣Yan 慧Wai 敏Man 家Ka 俊Chun 偉Wai 文Man 志Chi 明Ming 健Kin 樂Lok 怡Yi 穎Wing 琪Ki 雯Man
曉Hiu 彤Tung 芷Tsz 晴Ching 浩Ho 然Yin 子Tsz 軒Hin 靜Ching 雅Nga 美Mei 玲Ling 淑Suk 芬Fan 婉Yuen 君Kwan 國Kwok 強Keung 永Wing 祥Cheung"""

EMOJI = "🌲🌸🐱🍵☕🏃🌙🍀🐶🍊"
NICKNAMES = ["小鹿", "晚风", "阿柚", "木木", "豆豆妈", "跑步的人", "不吃香菜", "一只橘", "山里的茶", "慢慢来"]


def _table(text: str) -> tuple[Array, Array, Array]:
    """Simplified, traditional and Latin forms, as three arrays."""
    found = [re.fullmatch(r"([^/A-Za-z]+)(?:/([^A-Za-z]+))?([A-Za-zü]+)", word) for word in text.split()]
    rows = [(m[1], m[2] or m[1], m[3]) for m in found if m]
    return tuple(np.array(column, dtype=object) for column in zip(*rows, strict=True))  # type: ignore[return-value]


@lru_cache(maxsize=1)
def tables() -> tuple:
    return _table(SURNAMES), [_table(layer) for layer in GIVEN], _table(HK_SURNAMES), _table(HK_GIVEN)


@lru_cache(maxsize=1)
def _to_hans() -> dict[str, str]:
    surnames, layers, *_hk = tables()
    pairs = {t: h for part in (surnames, *layers) for h, t in zip(part[0], part[1], strict=True)}
    return {t: h for t, h in pairs.items() if t != h and len(t) == 1} | {"歐": "欧", "陽": "阳", "詠": "咏", "麥": "麦"}


def hans_of(text: str) -> str:
    """Traditional name characters in simplified form."""
    return "".join(_to_hans().get(sign, sign) for sign in text)


def people(draws: Draws, n: Array, age: Array, hong_kong: Array) -> dict[str, Array]:
    """Family, given and Latin names: `family`, `given` simplified, `family_hant`, `given_hant`, `latin`."""
    surnames, layers, hk_surnames, hk_given = tables()
    out = {key: np.empty(len(n), dtype=object) for key in ("family", "given", "family_hant", "given_hant", "latin")}
    which = np.select([age > 55, age > 40, age > 25], [0, 1, 2], 3)
    two = draws.u(n, 22) < 0.86
    for layer in range(5):
        here = (hong_kong if layer == 4 else (which == layer) & ~hong_kong).nonzero()[0]
        if not here.size:
            continue
        first, given = (hk_surnames, hk_given) if layer == 4 else (surnames, layers[layer])
        rank = np.arange(1, len(first[0]) + 1.0)
        f = draws.pick(n[here], 20, rank**-0.9)
        liked = np.arange(1, len(given[0]) + 1.0) ** -0.45
        a, b = draws.pick(n[here], 21, liked), draws.pick(n[here], 23, liked)
        both = two[here]
        out["family_hant"][here] = first[1][f]
        out["given_hant"][here] = given[1][a] + np.where(both, given[1][b], "")
        if layer == 4:
            out["family"][here] = [hans_of(x) for x in first[0][f]]
            out["given"][here] = [hans_of(x) for x in out["given_hant"][here]]
            tail = np.where(both, "-" + np.char.lower(given[2][b].astype(str)).astype(object), "")
            out["latin"][here] = first[2][f] + " " + given[2][a] + tail
        else:
            out["family"][here] = first[0][f]
            out["given"][here] = given[0][a] + np.where(both, given[0][b], "")
            tail = np.where(both, np.char.lower(given[2][b].astype(str)).astype(object), "")
            out["latin"][here] = first[2][f] + " " + given[2][a] + tail
    return out
